/** `npx -y pnpm@12 kill [kills of each] [seed] [command]`: what was killed how often, and what was wrong after it. */

import { type KilledCommand, killedCommands, killOften } from './kill.ts'

const [kills = '20', seed = '1', ...only] = process.argv.slice(2)
for (const command of only.length > 0 ? (only as KilledCommand[]) : killedCommands) {
  const { failures } = await killOften(command, { seed: Number(seed), kills: Number(kills) })
  console.log(`${command}: ${kills} kills, ${failures.length} failures`)
  for (const failure of failures) console.error(`FAILED seed ${seed}, ${command}: ${failure}`)
  if (failures.length > 0) process.exitCode = 1
}
