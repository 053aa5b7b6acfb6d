#include "proto/pairing_code.h"

#include <string.h>

static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void pairing_code(const struct pairing_talk *talk, char code[PAIRING_CODE_CHARS + 1])
{
    struct hasher hasher;
    uint8_t hash[HASH_BYTES];
    hasher_begin(&hasher, "PointSav PSP pairing v1");
    hasher_update(&hasher, talk->caller, HASH_BYTES);
    hasher_update(&hasher, talk->archive, HASH_BYTES);
    hasher_update(&hasher, talk->exporter, HASH_BYTES);
    hasher_update(&hasher, talk->caller_nonce, HASH_BYTES);
    hasher_update(&hasher, talk->archive_nonce, HASH_BYTES);
    hasher_finish(&hasher, hash);
    uint64_t bits = 0;
    for (int i = 0; i < 5; i++)
        bits = bits << 8 | hash[i];
    for (int i = 0, at = 0; i < 8; i++) {
        if (i == 4)
            code[at++] = '-';
        code[at++] = symbols[bits >> (35 - 5 * i) & 31];
    }
    code[PAIRING_CODE_CHARS] = '\0';
}

bool pairing_commit_opens(const uint8_t commit[HASH_BYTES],
                          const uint8_t nonce[HASH_BYTES])
{
    uint8_t hash[HASH_BYTES];
    sha256(nonce, HASH_BYTES, hash);
    return equal_in_constant_time(hash, commit, HASH_BYTES);
}

static char canonical_symbol(char typed)
{
    if (typed >= 'a' && typed <= 'z')
        typed = (char)(typed - 'a' + 'A');
    if (typed == 'O')
        return '0';
    if (typed == 'I' || typed == 'L')
        return '1';
    return typed && strchr(symbols, typed) ? typed : '\0';
}

bool pairing_code_read(struct text typed, char code[PAIRING_CODE_CHARS + 1])
{
    char read[PAIRING_CODE_CHARS + 1];
    uint32_t at = 0;
    for (uint32_t i = 0; i < typed.length; i++) {
        if (typed.bytes[i] == '-' || typed.bytes[i] == ' ')
            continue;
        char symbol = canonical_symbol(typed.bytes[i]);
        if (!symbol || at == PAIRING_CODE_CHARS)
            return false;
        if (at == 4)
            read[at++] = '-';
        read[at++] = symbol;
    }
    if (at != PAIRING_CODE_CHARS)
        return false;
    read[at] = '\0';
    memcpy(code, read, sizeof read);
    return true;
}
