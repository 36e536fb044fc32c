import adapter from '@sveltejs/adapter-node'

export default {
  // compressing ONNX Runtime's 40 MB of WebAssembly takes a minute; a server in front does it, once
  kit: { adapter: adapter({ precompress: false }) },
}
