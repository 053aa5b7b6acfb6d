/* index_fuzz.c - a mapped index file that may be anything: what the check lets pass can
 * be walked and searched.  (Whether this archive wrote it is asked before, by
 * signature.) */
#include <stdlib.h>

#include "totebox/index_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PERIODS = 3 };

static void walk(const struct index_file *file)
{
    const struct kept_sum *sums = index_file_at(file, SECTION_SUMS);
    struct names *names = names_new_over(&file->names);
    name_id id;

    if (names == NULL)
        return;
    for (int view = 0; view < VIEW_COUNT; view++) {
        uint32_t count =
            index_file_count(file, (enum index_section)(SECTION_ROWS + view));
        for (uint32_t i = 0; i < count; i++) {
            const union any_row *row = index_file_row(file, (enum view)view, i);
            struct text key = names_text(names, row->row.key);
            if (index_file_seek(file, (enum view)view, key) != i)
                abort();
            row_hold(names, (enum view)view, row);
            row_drop(names, (enum view)view, row);
        }
    }
    for (uint32_t i = 0; i < index_file_count(file, SECTION_SUMS); i++)
        if (index_file_sum(file, &sums[i].key) != &sums[i])
            abort();
    (void)index_file_item(file, 3);
    (void)index_file_corrects(file, 3);
    (void)index_file_ordinal(file, 1);
    if (names_intern(names, TEXT("a name that is in no file"), &id))
        names_drop(names, id);
    names_free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct index_file file;
    uint8_t *bytes = aligned_alloc(16, (size + 16) & ~(size_t)15);

    if (bytes == NULL)
        return 0;
    if (size)
        memcpy(bytes, data, size);
    /* Of whatever configuration it says. */
    if (size >= SIGNATURE_BYTES + HASH_BYTES &&
        index_file_check(&file, bytes, size, bytes + SIGNATURE_BYTES, PERIODS) == NULL)
        walk(&file);
    free(bytes);
    return 0;
}
