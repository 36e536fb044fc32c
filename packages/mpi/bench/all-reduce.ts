/**
 * Prints the time of an all-reduce by length, beside that of a C program with the same library, for the ranks that it is started with:
 *
 *   mpiexec -n 2 node --import tsx bench/all-reduce.ts
 *
 * `--bare` measures MPI_Allreduce in C instead; it needs the mpicc that belongs to the launcher. Medians over repetitions, on rank 0.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { init } from '../src/index.ts'

const lengths = [1, 1000, 10_000, 100_000, 1_000_000, 10_000_000]
const repetitions = (length: number): number => Math.max(9, Math.min(201, Math.round(2e7 / length)))

const bare = `
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
static int order(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }
int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  for (int i = 1; i + 1 < argc; i += 2) {
    int length = atoi(argv[i]), count = atoi(argv[i + 1]);
    float *values = calloc(length, 4);
    double *times = malloc(8 * count);
    for (int j = 0; j < count; j++) {
      MPI_Barrier(MPI_COMM_WORLD);
      double start = MPI_Wtime();
      MPI_Allreduce(MPI_IN_PLACE, values, length, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
      times[j] = 1e3 * (MPI_Wtime() - start);
    }
    qsort(times, count, 8, order);
    if (rank == 0) printf("%9d %9.3f ms\\n", length, times[count / 2]);
  }
  MPI_Finalize();
}
`

if (process.argv.includes('--bare')) {
  // each rank becomes the program in C, with the environment of its launcher
  const folder = mkdtempSync(join(tmpdir(), 'mixflow-mpi-'))
  writeFileSync(join(folder, 'bare.c'), bare)
  execFileSync('mpicc', ['-O2', '-o', join(folder, 'bare'), join(folder, 'bare.c')], { stdio: 'inherit' })
  const args = lengths.flatMap(length => [`${length}`, `${repetitions(length)}`])
  execFileSync(join(folder, 'bare'), args, { stdio: 'inherit' })
} else {
  const mpi = await init()
  const print = (text: string) => mpi.rank === 0 && process.stdout.write(`${text}\n`)
  print(`${mpi.libraryVersion}, ${mpi.size} ranks\n   length   allReduce`)
  for (const length of lengths) {
    const values = new Float32Array(length)
    const times: number[] = []
    for (let i = 0; i < repetitions(length); i++) {
      await mpi.barrier()
      const start = performance.now()
      await mpi.allReduce(values)
      times.push(performance.now() - start)
    }
    const median = times.sort((a, b) => a - b)[times.length >> 1] as number
    print(`${`${length}`.padStart(9)} ${median.toFixed(3).padStart(9)} ms`)
  }
  await mpi.finalize()
}
