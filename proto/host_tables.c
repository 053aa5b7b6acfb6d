#include "proto/host_tables.h"

#include <assert.h>
#include <stdlib.h>

enum { TABLE_START = 8 };

struct answer_entry *host_answer(struct host *host, uint32_t id)
{
    for (uint32_t i = 0; i < host->answer_count; i++)
        if (host->answers[i].id == id)
            return &host->answers[i];
    return NULL;
}

struct answer_entry *host_answer_by_ticket(struct host *host, ticket number)
{
    if (number == 0)
        return NULL;
    for (uint32_t i = 0; i < host->answer_count; i++)
        if (host->answers[i].ticket == number)
            return &host->answers[i];
    return NULL;
}

struct answer_entry *host_answer_add(struct host *host, uint32_t id)
{
    if (host->answer_count == host->answer_capacity) {
        if (host->answer_capacity >= RPC_QUESTIONS_MAX)
            return NULL;
        uint32_t wanted =
            host->answer_capacity ? host->answer_capacity * 2 : TABLE_START;
        struct answer_entry *grown =
            realloc(host->answers, wanted * sizeof *host->answers);
        if (!grown)
            return NULL;
        host->answers = grown;
        host->answer_capacity = wanted;
    }
    struct answer_entry *answer = &host->answers[host->answer_count++];
    *answer = (struct answer_entry){
        .id = id,
        .target = EXPORT_NONE,
        .result = EXPORT_NONE,
    };
    return answer;
}

void host_answer_remove(struct host *host, struct answer_entry *answer)
{
    *answer = host->answers[--host->answer_count];
}

struct exported *host_export(struct host *host, uint32_t id)
{
    if (id >= host->export_capacity || host->exports[id].references == 0)
        return NULL;
    return &host->exports[id];
}

uint32_t host_export_find(struct host *host)
{
    uint32_t id = 0;
    while (id < host->export_capacity && host->exports[id].is_used)
        id++;
    if (id < host->export_capacity)
        return id;
    if (host->export_capacity >= RPC_OBJECTS_MAX)
        return EXPORT_NONE;
    uint32_t wanted = host->export_capacity ? host->export_capacity * 2 : TABLE_START;
    struct exported *grown = realloc(host->exports, wanted * sizeof *host->exports);
    if (!grown)
        return EXPORT_NONE;
    memset(grown + id, 0, (wanted - id) * sizeof *grown);
    host->exports = grown;
    host->export_capacity = wanted;
    return id;
}

void host_export_set(struct host *host, uint32_t id, enum host_object kind,
                     void *object)
{
    assert(!host->exports[id].is_used);
    host->exports[id] =
        (struct exported){.is_used = true, .kind = kind, .object = object};
    if (kind == HOST_WATCH)
        host->watches++;
}

/* The id is free before the service hears of it. */
static void release_unused(struct host *host, uint32_t id)
{
    struct exported exported = host->exports[id];
    if (exported.references || exported.holds)
        return;
    host->exports[id] = (struct exported){.is_used = false};
    if (exported.kind == HOST_WATCH)
        host->watches--;
    if (exported.kind != HOST_TOTEBOX && host->service->release)
        host->service->release(host->user, exported.kind, exported.object);
}

void host_hold(struct host *host, uint32_t id)
{
    host->exports[id].holds++;
}

void host_drop(struct host *host, uint32_t id)
{
    if (id == EXPORT_NONE)
        return;
    assert(host->exports[id].holds);
    host->exports[id].holds--;
    release_unused(host, id);
}

bool host_dereference(struct host *host, uint32_t id, uint32_t count)
{
    struct exported *exported = host_export(host, id);
    if (!exported || count > exported->references)
        return false;
    exported->references -= count;
    release_unused(host, id);
    return true;
}
