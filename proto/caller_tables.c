#include "proto/caller_tables.h"

#include <assert.h>
#include <stdlib.h>

enum { TABLE_START = 8 };

/* Doubles a table; new entries are zero, which is free. */
static enum psp_error grow(void **entries, uint32_t *capacity, uint32_t limit,
                           size_t size)
{
    if (*capacity >= limit)
        return PSP_LIMIT;
    uint32_t wanted = *capacity ? *capacity * 2 : TABLE_START;
    uint8_t *grown = realloc(*entries, wanted * size);
    if (!grown)
        return PSP_NO_MEMORY;
    memset(grown + *capacity * size, 0, (wanted - *capacity) * size);
    *entries = grown;
    *capacity = wanted;
    return PSP_OK;
}

enum psp_error caller_question_find(struct caller *caller, uint32_t *id)
{
    for (*id = 0; *id < caller->question_capacity; ++*id)
        if (caller->questions[*id].state == QUESTION_FREE)
            return PSP_OK;
    return grow((void **)&caller->questions, &caller->question_capacity,
                RPC_QUESTIONS_MAX, sizeof *caller->questions);
}

struct question *caller_question(struct caller *caller, uint32_t id)
{
    if (id >= caller->question_capacity || caller->questions[id].state == QUESTION_FREE)
        return NULL;
    return &caller->questions[id];
}

enum psp_error caller_capability_take(struct caller *caller, cap *handle)
{
    uint32_t place = 0;
    while (place < caller->capability_capacity &&
           caller->capabilities[place].state != CAPABILITY_FREE)
        place++;
    if (place == caller->capability_capacity) {
        enum psp_error error =
            grow((void **)&caller->capabilities, &caller->capability_capacity,
                 RPC_OBJECTS_MAX, sizeof *caller->capabilities);
        if (error != PSP_OK)
            return error;
    }
    *handle = place + 1;
    return PSP_OK;
}

struct capability *caller_capability(const struct caller *caller, cap handle)
{
    if (handle == 0)
        return NULL;
    assert(handle <= caller->capability_capacity &&
           caller->capabilities[handle - 1].state != CAPABILITY_FREE);
    return &caller->capabilities[handle - 1];
}

struct import *caller_import(const struct caller *caller, uint32_t id)
{
    for (uint32_t i = 0; i < caller->import_count; i++)
        if (caller->imports[i].id == id)
            return &caller->imports[i];
    return NULL;
}

enum psp_error caller_import_add(struct caller *caller, uint32_t id, bool is_promise)
{
    struct import *import = caller_import(caller, id);
    if (!import && caller->import_count == caller->import_capacity) {
        enum psp_error error = grow((void **)&caller->imports, &caller->import_capacity,
                                    RPC_OBJECTS_MAX, sizeof *caller->imports);
        if (error != PSP_OK)
            return error;
    }
    if (!import) {
        import = &caller->imports[caller->import_count++];
        *import = (struct import){.id = id, .is_promise = is_promise};
    }
    if (import->references == UINT32_MAX)
        return PSP_LIMIT;
    import->references++;
    return PSP_OK;
}

void caller_import_remove(struct caller *caller, struct import *import)
{
    *import = caller->imports[--caller->import_count];
}
