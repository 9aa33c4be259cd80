/**
 * Header of a replica's response to a batch: milliseconds for which the batch waited and ran in the replica, without the network.
 */
export const RUN_MS_HEADER = 'ipa-edge-run-ms';
/**
 * Header of a replica's response to a batch: how many milliseconds of {@link RUN_MS_HEADER} the batch waited for earlier batches.
 */
export const WAIT_MS_HEADER = 'ipa-edge-wait-ms';
