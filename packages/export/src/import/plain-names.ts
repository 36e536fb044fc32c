/**
 * Names in pickles that stand for plain data, which training scripts save beside the parameters: dates, paths, sets, counters,
 * NumPy types, arrays and scalars, settings. Such values are skipped: nothing is imported, constructed or called, so the names
 * are harmless. Names that can reach code by design (`getattr`, `eval`, network classes) are not listed, and are refused.
 */

/** Module -> its names. */
const plain: Readonly<Record<string, string>> = {
  builtins: 'set frozenset bytes bytearray complex slice range list tuple str int float bool object',
  __builtin__: 'set frozenset bytes bytearray complex slice xrange list tuple str unicode int long float bool object',
  _codecs: 'encode',
  copyreg: '_reconstructor',
  copy_reg: '_reconstructor',
  collections: 'Counter deque',
  datetime: 'date datetime time timedelta timezone',
  decimal: 'Decimal',
  fractions: 'Fraction',
  uuid: 'UUID SafeUUID',
  array: 'array _array_reconstructor',
  argparse: 'Namespace',
  types: 'SimpleNamespace',
  typing: 'Any Dict List Optional Tuple Union',
  pathlib: 'Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath',
  'pathlib._local': 'Path PosixPath WindowsPath PurePath PurePosixPath PureWindowsPath',
  numpy:
    'dtype ndarray bool_ bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128 str_ bytes_',
  'numpy.core.multiarray': 'scalar _reconstruct',
  'numpy._core.multiarray': 'scalar _reconstruct',
  'numpy.core.numeric': '_frombuffer',
  'numpy._core.numeric': '_frombuffer',
  'numpy.random._pickle': '__randomstate_ctor __bit_generator_ctor __generator_ctor',
  'numpy.random._mt19937': 'MT19937',
  'numpy.random._pcg64': 'PCG64 PCG64DXSM',
  'numpy.random._philox': 'Philox',
  'numpy.random._sfc64': 'SFC64',
  'numpy.random.bit_generator': 'SeedSequence __pyx_unpickle_SeedSequence',
  torch:
    'device Tensor strided sparse_coo sparse_csr per_tensor_affine per_channel_affine contiguous_format channels_last channels_last_3d preserve_format',
  'torch.nn.parameter': 'Parameter Buffer',
  'torch.serialization': '_get_layout',
  'torch.torch_version': 'TorchVersion',
}

const names = new Set(
  Object.entries(plain).flatMap(([module, list]) => list.split(' ').map(name => `${module}.${name}`)),
)

/** dtypes of NumPy 2, and classes of OmegaConf. */
const families = /^(numpy\.dtypes\.\w+DType|omegaconf(\.\w+)*\.[A-Z]\w*)$/

export const isPlainName = (name: string): boolean => names.has(name) || (name.length < 100 && families.test(name))

/** Subclasses of dictionaries, which may hold the parameters. */
export const dictionaryNames: ReadonlySet<string> = new Set([
  'builtins.dict',
  '__builtin__.dict',
  'collections.OrderedDict',
  'collections.defaultdict',
  'lightning.fabric.utilities.data.AttributeDict',
  'lightning_fabric.utilities.data.AttributeDict',
  'lightning.pytorch.utilities.parsing.AttributeDict',
  'pytorch_lightning.utilities.parsing.AttributeDict',
])
