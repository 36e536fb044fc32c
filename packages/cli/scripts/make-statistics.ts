/**
 * Writes the statistics that are shipped with a feature extractor: mean and covariance of its features over a data set.
 *
 *   node --conditions=@mixflow/source --import=tsx packages/cli/scripts/make-statistics.ts \
 *     models/features-cifar10 cifar10 models/features-cifar10/cifar10-train.safetensors
 */
import { openExtractor, readExtractor, referenceOf, writeStatistics } from '@mixflow/measure'
import { openData } from '@mixflow/train'

const [source = '', spec = '', out = ''] = process.argv.slice(2)
const stored = await readExtractor(source)
const extractor = await openExtractor(stored.network, stored.description)
const data = await openData(spec)
const { key, gaussian } = await referenceOf(data, extractor, {
  cacheDir: null,
  onProgress: fraction => process.stderr.write(`\r${(100 * fraction).toFixed()} %`),
})
await writeStatistics(out, { key, gaussian })
await extractor.dispose()
process.stdout.write(`\n${out}: ${key.count} images of ${key.data} (${key.split}), ${gaussian.mean.length} features\n`)
