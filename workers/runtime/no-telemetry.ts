/**
 * ONNX Runtime's builds for Linux and macOS tell Microsoft of sessions and models, and keep an id of the machine, unless
 * this is set before they are loaded.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
