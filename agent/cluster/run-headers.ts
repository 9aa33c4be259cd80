/** Header of a replica's response to a batch: milliseconds that the batch waited and ran in the replica, so without the hop. */
export const RUN_MS_HEADER = 'ipa-edge-run-ms';
/** Header of a replica's response to a batch: how many of the milliseconds of {@link RUN_MS_HEADER} it waited for earlier batches. */
export const WAIT_MS_HEADER = 'ipa-edge-wait-ms';
