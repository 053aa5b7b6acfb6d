#include "proto/pairing_host.h"

enum psp_error pairing_host_commit(struct pairing_host *host, struct text commit,
                                   uint8_t nonce[HASH_BYTES])
{
    if (host->phase != PAIRING_IDLE)
        return PSP_CONFLICT;
    if (commit.length != HASH_BYTES)
        return PSP_MALFORMED;
    if (!random_bytes(host->nonce, HASH_BYTES))
        return PSP_BUSY;
    host->phase = PAIRING_COMMITTED;
    memcpy(host->commit, commit.bytes, HASH_BYTES);
    memcpy(nonce, host->nonce, HASH_BYTES);
    return PSP_OK;
}

enum psp_error pairing_host_reveal(struct pairing_host *host, struct channel *channel,
                                   const uint8_t archive[HASH_BYTES], struct text nonce,
                                   char code[PAIRING_CODE_CHARS + 1])
{
    struct pairing_talk talk;

    if (host->phase != PAIRING_COMMITTED)
        return PSP_CONFLICT;
    host->phase = PAIRING_BURNT;
    if (nonce.length != HASH_BYTES ||
        !pairing_commit_opens(host->commit, (const uint8_t *)nonce.bytes) ||
        channel_exporter(channel, talk.exporter) != PSP_OK)
        return PSP_DENIED;
    memcpy(talk.caller, channel_peer(channel), HASH_BYTES);
    memcpy(talk.archive, archive, HASH_BYTES);
    memcpy(talk.caller_nonce, nonce.bytes, HASH_BYTES);
    memcpy(talk.archive_nonce, host->nonce, HASH_BYTES);
    pairing_code(&talk, code);
    host->phase = PAIRING_REVEALED;
    return PSP_OK;
}
