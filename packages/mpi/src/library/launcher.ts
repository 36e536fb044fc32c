/**
 * Which launcher started this process, as its environment says, and where that launcher is installed. The library has to be the
 * launcher's own: with another one, n processes are n worlds of one rank.
 */

import { readFileSync, readlinkSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Implementations that can join a world of one another. MVAPICH and Intel MPI descend from MPICH and use its launcher's protocol. */
export type Family = 'openmpi' | 'mpich'

export interface Launcher {
  /** As errors name it. */
  readonly name: string
  /** The implementation it belongs to; null where it starts both, as Slurm does. */
  readonly family: Family | null
  /** Number of processes it started; null if it does not say. */
  readonly size: number | null
  /** Rank among those of this machine; null if it does not say. */
  readonly localRank: number | null
  readonly localSize: number | null
}

/** Null if no launcher that is known here started this process. */
export function launcherOf(env: NodeJS.ProcessEnv): Launcher | null {
  const read = (name: string): number | null => (/^\d+$/.test(env[name] ?? '') ? Number(env[name]) : null)
  if (env.OMPI_COMM_WORLD_SIZE !== undefined) {
    const [localRank, localSize] = [read('OMPI_COMM_WORLD_LOCAL_RANK'), read('OMPI_COMM_WORLD_LOCAL_SIZE')]
    return { name: "Open MPI's mpirun", family: 'openmpi', size: read('OMPI_COMM_WORLD_SIZE'), localRank, localSize }
  }
  // Slurm's own PMI sets PMI_RANK, too; only Hydra sets MPI_LOCALNRANKS
  if (env.MPI_LOCALNRANKS !== undefined || (env.PMI_RANK !== undefined && env.SLURM_STEP_ID === undefined)) {
    const [localRank, localSize] = [read('MPI_LOCALRANKID'), read('MPI_LOCALNRANKS')]
    return { name: "MPICH's mpiexec", family: 'mpich', size: read('PMI_SIZE'), localRank, localSize }
  }
  if (env.SLURM_STEP_NUM_TASKS !== undefined && env.SLURM_PROCID !== undefined) {
    const [size, localRank] = [read('SLURM_STEP_NUM_TASKS'), read('SLURM_LOCALID')]
    return { name: 'srun', family: null, size, localRank, localSize: null }
  }
  if (env.PMIX_RANK !== undefined) {
    return { name: 'a launcher with PMIx', family: null, size: null, localRank: null, localSize: null }
  }
  return null
}

/** Programs that start ranks: of Open MPI 4, Open MPI 5 and MPICH. */
const programs = /^(orterun|orted|prterun|prted|prte|hydra_pmi_proxy|mpiexec(\.\w+)?|mpirun)$/

/** The folder of the launcher's program, from the chain of parent processes; null where the system does not tell. */
export function launcherFolder(): string | null {
  try {
    for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
      const program = readlinkSync(`/proc/${pid}/exe`)
      if (programs.test(basename(program))) return dirname(program)
    }
  } catch {}
  return null
}

/** The name in /proc/PID/stat is in parentheses, and may have spaces itself. */
function parentOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])
}

/** Variables by which a launcher and its ranks find each other. A process without them is a world of its own. */
const launched = /^(OMPI_|PMIX_|PMI_|PRTE_|HYD|MPI_LOCAL|SLURM_|MPIEXEC_)/

export const withoutLauncher = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !launched.test(name)))
