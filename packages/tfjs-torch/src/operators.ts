/**
 * Every ATen operator that this package calls, by its schema. The schema decides how arguments are passed, and
 * `operators.test.ts` finds each in the library, so that an upgrade of PyTorch that changes one is noticed before it is called.
 */

export const schemas = [
  // elementwise
  ...['abs', 'acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'ceil', 'cos', 'cosh', 'erf', 'exp', 'expm1'].map(
    unary,
  ),
  ...['floor', 'isfinite', 'isinf', 'isnan', 'log', 'log1p', 'logical_not', 'neg', 'reciprocal', 'relu', 'round'].map(
    unary,
  ),
  ...['rsqrt', 'selu', 'sigmoid', 'sign', 'silu', 'sin', 'sinh', 'sqrt', 'tan', 'tanh'].map(unary),
  ...['atan2', 'logaddexp', 'logical_and', 'logical_or', 'maximum', 'minimum'].map(binary),
  ...['mul', 'div', 'pow_Tensor', 'remainder', 'eq', 'ne', 'gt', 'ge', 'lt', 'le', 'bitwise_and'].map(tensorBinary),
  'clamp.Tensor(Tensor self, Tensor? min=None, Tensor? max=None) -> Tensor',
  'where.self(Tensor condition, Tensor self, Tensor other) -> Tensor',
  'silu_backward(Tensor grad_output, Tensor self) -> Tensor',
  'complex(Tensor real, Tensor imag) -> Tensor',
  // types and layout
  'to.dtype(Tensor(a) self, ScalarType dtype, bool non_blocking=False, bool copy=False, MemoryFormat? memory_format=None) -> Tensor(a)',
  'contiguous(Tensor(a) self, *, MemoryFormat memory_format=contiguous_format) -> Tensor(a)',
  'real(Tensor(a) self) -> Tensor(a)',
  'imag(Tensor(a) self) -> Tensor(a)',
  'reshape(Tensor(a) self, SymInt[] shape) -> Tensor(a)',
  'permute(Tensor(a) self, int[] dims) -> Tensor(a)',
  'transpose.int(Tensor(a) self, int dim0, int dim1) -> Tensor(a)',
  'expand(Tensor(a) self, SymInt[] size, *, bool implicit=False) -> Tensor(a)',
  'slice.Tensor(Tensor(a) self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor(a)',
  'select.int(Tensor(a) self, int dim, SymInt index) -> Tensor(a)',
  'repeat(Tensor self, SymInt[] repeats) -> Tensor',
  'flip(Tensor self, int[] dims) -> Tensor',
  'cat(Tensor[] tensors, int dim=0) -> Tensor',
  'stack(Tensor[] tensors, int dim=0) -> Tensor',
  // reductions
  'sum.dim_IntList(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor',
  'mean.dim(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor',
  'amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor',
  'amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor',
  'prod.dim_int(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor',
  'argmax(Tensor self, int? dim=None, bool keepdim=False) -> Tensor',
  'argmin(Tensor self, int? dim=None, bool keepdim=False) -> Tensor',
  'cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor',
  'cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor',
  'sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)',
  '_softmax(Tensor self, int dim, bool half_to_float) -> Tensor',
  '_softmax_backward_data(Tensor grad_output, Tensor output, int dim, ScalarType input_dtype) -> Tensor',
  // products
  'dot(Tensor self, Tensor tensor) -> Tensor',
  'matmul(Tensor self, Tensor other) -> Tensor',
  'linear(Tensor input, Tensor weight, Tensor? bias=None) -> Tensor',
  '_scaled_dot_product_flash_attention_for_cpu(Tensor query, Tensor key, Tensor value, float dropout_p=0.0, bool is_causal=False, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor output, Tensor logsumexp)',
  '_scaled_dot_product_flash_attention_for_cpu_backward(Tensor grad_out, Tensor query, Tensor key, Tensor value, Tensor out, Tensor logsumexp, float dropout_p, bool is_causal, *, Tensor? attn_mask=None, float? scale=None) -> (Tensor grad_query, Tensor grad_key, Tensor grad_value)',
  'convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups) -> Tensor',
  'convolution_backward(Tensor grad_output, Tensor input, Tensor weight, SymInt[]? bias_sizes, SymInt[] stride, SymInt[] padding, SymInt[] dilation, bool transposed, SymInt[] output_padding, SymInt groups, bool[3] output_mask) -> (Tensor, Tensor, Tensor)',
  // pooling, resizing, normalization
  'avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, bool count_include_pad=True, int? divisor_override=None) -> Tensor',
  'avg_pool2d_backward(Tensor grad_output, Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, bool ceil_mode, bool count_include_pad, int? divisor_override) -> Tensor',
  'max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, int[2] dilation=1, bool ceil_mode=False) -> (Tensor, Tensor)',
  'max_pool2d_with_indices_backward(Tensor grad_output, Tensor self, int[2] kernel_size, int[2] stride, int[2] padding, int[2] dilation, bool ceil_mode, Tensor indices) -> Tensor',
  'upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor',
  'upsample_nearest2d_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, float? scales_h=None, float? scales_w=None) -> Tensor',
  'upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor',
  'upsample_bilinear2d_backward(Tensor grad_output, SymInt[2] output_size, SymInt[4] input_size, bool align_corners, float? scales_h=None, float? scales_w=None) -> Tensor',
  'native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, float eps) -> (Tensor, Tensor, Tensor)',
  'native_group_norm_backward(Tensor grad_out, Tensor input, Tensor mean, Tensor rstd, Tensor? weight, SymInt N, SymInt C, SymInt HxW, int group, bool[3] output_mask) -> (Tensor, Tensor, Tensor)',
  '_fused_adam_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()',
  '_fused_adamw_(Tensor(a!)[] self, Tensor(b!)[] grads, Tensor(c!)[] exp_avgs, Tensor(d!)[] exp_avg_sqs, Tensor(e!)[] max_exp_avg_sqs, Tensor[] state_steps, *, float lr, float beta1, float beta2, float weight_decay, float eps, bool amsgrad, bool maximize, Tensor? grad_scale=None, Tensor? found_inf=None) -> ()',
  'lerp_.Tensor(Tensor(a!) self, Tensor end, Tensor weight) -> Tensor(a!)',
  'lerp.Tensor(Tensor self, Tensor end, Tensor weight) -> Tensor',
  // indexing
  'index_select(Tensor self, int dim, Tensor index) -> Tensor',
  'scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor',
  // Fourier transforms
  'fft_fft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor',
  'fft_ifft(Tensor self, SymInt? n=None, int dim=-1, str? norm=None) -> Tensor',
] as const satisfies readonly string[]

function unary(name: string) {
  return `${name}(Tensor self) -> Tensor` as const
}
function binary(name: string) {
  return `${name}(Tensor self, Tensor other) -> Tensor` as const
}
function tensorBinary(name: string) {
  return name === 'pow_Tensor'
    ? 'pow.Tensor_Tensor(Tensor self, Tensor exponent) -> Tensor'
    : `${name}.Tensor(Tensor self, Tensor other) -> Tensor`
}

/** How an argument becomes a 64-bit value. */
export type ArgumentKind = 'tensor' | 'integer' | 'float' | 'boolean' | 'string' | 'tensors' | 'integers' | 'booleans'

export interface Argument {
  readonly name: string
  readonly kind: ArgumentKind
  readonly optional: boolean
}

/** How the dispatcher is called for an operator. */
export interface Operator {
  readonly schema: string
  /** As the dispatcher takes them: NUL-terminated. */
  readonly name: Uint8Array
  readonly overload: Uint8Array
  readonly arguments: readonly Argument[]
  readonly results: number
}

const kinds: Readonly<Record<string, ArgumentKind>> = {
  Tensor: 'tensor',
  int: 'integer',
  SymInt: 'integer',
  float: 'float',
  bool: 'boolean',
  str: 'string',
  ScalarType: 'integer',
  MemoryFormat: 'integer',
}
const lists: Partial<Record<ArgumentKind, ArgumentKind>> = {
  tensor: 'tensors',
  integer: 'integers',
  boolean: 'booleans',
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`)

export function parseSchema(schema: string): Operator {
  const [, name, overload = '', inside, result] = /^(\w+)(?:\.(\w+))?\((.*)\) -> (.*)$/.exec(
    schema,
  ) as unknown as string[]
  const parts = (inside as string).split(/, (?![^[]*\])/).filter(part => part !== '*')
  return {
    schema,
    name: bytes(`aten::${name}`),
    overload: bytes(overload),
    arguments: parts.map(parseArgument),
    results: result === '()' ? 0 : (result as string).startsWith('(') ? (result as string).split(',').length : 1,
  }
}

function parseArgument(text: string): Argument {
  const [, type, list, optional, name] = /^(\w+)(?:\([^)]*\))?(\[\d*\])?(\?)? (\w+)/.exec(text) as unknown as string[]
  const kind = kinds[type as string] as ArgumentKind
  return {
    name: name as string,
    kind: list === undefined ? kind : (lists[kind] as ArgumentKind),
    optional: optional !== undefined,
  }
}

/** Every operator that is called, by its name and overload. */
export const operators: ReadonlyMap<string, Operator> = new Map(
  schemas.map(schema => [schema.slice(0, schema.indexOf('(')), parseSchema(schema)]),
)
