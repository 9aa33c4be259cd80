/**
 * ONNX Runtime's builds for Linux and macOS report sessions and models to Microsoft, and store an identifier of the machine,
 * unless this variable is set before ONNX Runtime is loaded.
 */
process.env.ORT_DISABLE_TELEMETRY = '1';
