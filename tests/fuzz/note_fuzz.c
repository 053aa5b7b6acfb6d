/* note_fuzz.c - any bytes as a checkpoint, and as the file of a pairing.
 *
 * A pairing that is read must come out of the writer such that it reads back the same.
 */
#include <stdlib.h>

#include "totebox/note.h"
#include "totebox/pairing.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void try_note(struct text text)
{
    uint8_t seed[KEY_BYTES];
    struct key_pair pair;
    const char *why = NULL;
    struct note note;

    for (unsigned i = 0; i < KEY_BYTES; i++)
        seed[i] = (uint8_t)i;
    key_pair_from_seed(&pair, seed);
    if (note_read(text, TEXT("totebox/ALD"), pair.public_key, &note, &why))
        require(text_equal(note.origin, TEXT("totebox/ALD")));
    else
        require(why != NULL);
}

static void try_pairing(struct text text)
{
    static struct pairing pairing, again;
    struct problem problem;
    struct buffer written;

    if (pairing_parse(text, "pairing", &pairing, &problem) != ARCHIVE_OK)
        return;
    buffer_init(&written);
    require(pairing_write(&pairing, &written));
    require(pairing_parse((struct text){(const char *)buffer_bytes(&written),
                                        (uint32_t)buffer_length(&written)},
                          "pairing", &again, &problem) == ARCHIVE_OK);
    require(memcmp(&pairing, &again, sizeof(pairing)) == 0);
    buffer_release(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    struct text text = {(const char *)input, (uint32_t)length};

    if (length > 32768)
        return 0;
    try_note(text);
    try_pairing(text);
    return 0;
}
