#include "tests/support/counting_service.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/layout.h"

struct object {
    enum host_object kind;
};

void counting_service_init(struct counting_service *service)
{
    *service = (struct counting_service){.names = names_new()};
    assert(service->names);
}

void counting_service_release(struct counting_service *service)
{
    names_free(service->names);
}

bool counting_service_is_even(const struct counting_service *service)
{
    for (int kind = 0; kind <= HOST_COMMANDER; kind++)
        if (service->made[kind] != service->released[kind])
            return false;
    return true;
}

void counting_service_token(struct token *token)
{
    *token = (struct token){.count = 0};
    token->link[0].body = calloc(1, 64);
    if (!token->link[0].body)
        return;
    token->count = 1;
    token->link[0].length = 64;
    memset(token->link[0].body, 7, 64);
    memset(token->link[0].signature, 8, SIGNATURE_BYTES);
}

static void *make(struct counting_service *service, enum host_object kind)
{
    struct object *object = malloc(sizeof *object);
    if (!object)
        return NULL;
    object->kind = kind;
    service->made[kind]++;
    return object;
}

static void check(void *object, enum host_object kind)
{
    assert(((struct object *)object)->kind == kind);
    (void)object;
    (void)kind;
}

static struct refusal hello(void *user, struct text software, uint16_t protocol,
                            struct identity *identity)
{
    struct counting_service *service = user;
    service->calls++;
    snprintf(service->software, sizeof service->software, "%.*s",
             (int)(software.length < 31 ? software.length : 31),
             software.length ? software.bytes : "");
    *identity = (struct identity){
        .protocol_min = 1,
        .protocol_max = protocol,
        .clock_ms = 1760000000000,
        .max_rows_per_reply = 1000,
        .max_window_ms = 3600000,
        .max_skew_ms = 30000,
        .software = TEXT("counting"),
    };
    memset(identity->authority, 1, sizeof identity->authority);
    memset(identity->boot_id, 2, sizeof identity->boot_id);
    return service->refusal;
}

static struct refusal present_as(struct counting_service *service,
                                 enum host_object kind, const struct token *token,
                                 struct text spki, void **object,
                                 struct grant_info *info)
{
    service->calls++;
    service->token_links = token->count;
    service->had_proof = spki.length != 0;
    if (service->refusal.error != PSP_OK)
        return service->refusal;
    *object = make(service, kind);
    if (!*object)
        return (struct refusal){PSP_NO_MEMORY, NULL};
    *info = (struct grant_info){.rights = 0x1f, .max_rows = 100, .not_after_ms = 5};
    return (struct refusal){PSP_OK, NULL};
}

static struct refusal present(void *user, const struct token *token, struct text spki,
                              struct text signature, void **grant,
                              struct grant_info *info)
{
    (void)signature;
    return present_as(user, HOST_GRANT, token, spki, grant, info);
}

static struct refusal present_command(void *user, const struct token *token,
                                      struct text spki, struct text signature,
                                      void **commander, struct grant_info *info)
{
    (void)signature;
    return present_as(user, HOST_COMMANDER, token, spki, commander, info);
}

static struct refusal pairing(void *user, struct token *token)
{
    struct counting_service *service = user;
    service->calls++;
    if (service->refusal.error != PSP_OK)
        return service->refusal;
    counting_service_token(token);
    return (struct refusal){token->count ? PSP_OK : PSP_NO_MEMORY, NULL};
}

static struct refusal pair(void *user, struct text commit, uint8_t nonce[HASH_BYTES])
{
    struct counting_service *service = user;
    service->calls++;
    for (uint32_t i = 0; i < HASH_BYTES; i++)
        nonce[i] = (uint8_t)(commit.bytes[i] + 1);
    return service->refusal;
}

static struct refusal pair_reveal(void *user, struct text nonce)
{
    struct counting_service *service = user;
    service->calls++;
    (void)nonce;
    return service->refusal;
}

static struct refusal describe(void *user, void *grant, struct struct_builder results)
{
    struct counting_service *service = user;
    service->calls++;
    check(grant, HOST_GRANT);
    struct list_builder views =
        builder_structs(results, PSP_GRANT_DESCRIBE_RESULTS_VIEWS_PTR, 1,
                        PSP_VIEW_INFO_DATA_WORDS, PSP_VIEW_INFO_PTRS);
    builder_text(list_builder_struct(views, 0), PSP_VIEW_INFO_NAME_PTR, TEXT("entity"));
    return service->refusal;
}

static struct refusal health(void *user, void *grant, struct health *health)
{
    struct counting_service *service = user;
    service->calls++;
    check(grant, HOST_GRANT);
    *health = (struct health){.state = 1, .revision = 9, .lifecycle = 1};
    return service->refusal;
}

static size_t write_set(char *text, size_t room, const char *name,
                        const struct set *set)
{
    static const char *const kinds[] = {"none", "all", "", ""};
    size_t length = (size_t)snprintf(text, room, " %s=%s%.*s", name, kinds[set->kind],
                                     (int)set->prefix.length,
                                     set->prefix.length ? set->prefix.bytes : "");
    for (uint32_t i = 0; i < set->count; i++)
        length += (size_t)snprintf(text + length, room - length, "%s%.*s", i ? "," : "",
                                   (int)set->names[i].length, set->names[i].bytes);
    return length;
}

static void write_query(struct counting_service *service, const struct query *query)
{
    char *text = service->query;
    size_t room = sizeof service->query;
    size_t length = (size_t)snprintf(text, room, "%.*s", (int)query->view.length,
                                     query->view.bytes);
    length += write_set(text + length, room - length, "rows", &query->rows);
    length += write_set(text + length, room - length, "columns", &query->columns);
    snprintf(text + length, room - length, " where=%u reduce=%u by=%u limit=%u at=%lld",
             query->where.count, query->reduce.count, query->group_by.count,
             query->limit, (long long)query->as_of_ms);
}

static struct refusal read_rows(void *user, void *grant, const struct query *query,
                                struct struct_builder results)
{
    struct counting_service *service = user;
    service->calls++;
    check(grant, HOST_GRANT);
    struct batch_shape shape = {.view = VIEW_ENTITY};
    write_query(service, query);
    char *cursor = calloc(service->read_words + 1, 8);
    if (!cursor)
        return (struct refusal){PSP_NO_MEMORY, NULL};
    batch_build(results, PSP_GRANT_READ_RESULTS_BATCH_PTR, &shape, service->names, NULL,
                0, 6, 7, (struct text){cursor, service->read_words * 8});
    free(cursor);
    return service->refusal;
}

static struct refusal watch(void *user, void *grant, const struct query *queries,
                            uint32_t count, struct text resume, void **watch)
{
    struct counting_service *service = user;
    service->calls++;
    check(grant, HOST_GRANT);
    (void)resume;
    write_query(service, &queries[count - 1]);
    service->query_count = count;
    if (service->refusal.error != PSP_OK)
        return service->refusal;
    *watch = make(service, HOST_WATCH);
    return (struct refusal){*watch ? PSP_OK : PSP_NO_MEMORY, NULL};
}

static struct refusal wait_for(struct counting_service *service, ticket ticket_of_call)
{
    if (service->refusal.error != PSP_OK)
        return service->refusal;
    assert(service->waiting_count < CALLS_WAITING_MAX);
    service->waiting[service->waiting_count++] = ticket_of_call;
    if (!service->holds_back)
        counting_service_answer(service);
    return (struct refusal){PSP_OK, NULL};
}

static struct refusal next(void *user, void *watch, uint32_t max_rows,
                           uint32_t max_wait_ms, ticket ticket_of_call)
{
    struct counting_service *service = user;
    service->calls++;
    check(watch, HOST_WATCH);
    service->max_rows = max_rows;
    service->max_wait_ms = max_wait_ms;
    return wait_for(service, ticket_of_call);
}

static struct refusal submit(void *user, void *commander, struct struct_reader command,
                             ticket ticket_of_call)
{
    struct counting_service *service = user;
    service->calls++;
    check(commander, HOST_COMMANDER);
    (void)command;
    return wait_for(service, ticket_of_call);
}

static struct refusal status(void *user, void *commander, struct text id,
                             ticket ticket_of_call)
{
    struct counting_service *service = user;
    service->calls++;
    check(commander, HOST_COMMANDER);
    (void)id;
    return wait_for(service, ticket_of_call);
}

static void forget(struct counting_service *service, uint32_t place)
{
    service->waiting_count--;
    memmove(service->waiting + place, service->waiting + place + 1,
            (service->waiting_count - place) * sizeof service->waiting[0]);
}

static void cancel(void *user, ticket ticket_of_call)
{
    struct counting_service *service = user;
    struct struct_builder results;
    /* Nobody waits any more, and the host says so. */
    bool begun = host_answer_begin(service->host, ticket_of_call, 0, 1, &results);
    assert(!begun);
    (void)begun;
    for (uint32_t i = 0; i < service->waiting_count; i++) {
        if (service->waiting[i] == ticket_of_call) {
            forget(service, i);
            service->canceled++;
            return;
        }
    }
    assert(!"a call was cancelled that did not wait");
}

static void release(void *user, enum host_object kind, void *object)
{
    struct counting_service *service = user;
    check(object, kind);
    service->released[kind]++;
    free(object);
}

bool counting_service_answer(struct counting_service *service)
{
    struct struct_builder results;
    if (service->waiting_count == 0)
        return false;
    ticket oldest = service->waiting[0];
    forget(service, 0);
    if (!host_answer_begin(service->host, oldest, PSP_WATCH_NEXT_RESULTS_DATA_WORDS,
                           PSP_WATCH_NEXT_RESULTS_PTRS, &results))
        return true;
    struct struct_builder delta =
        builder_struct(results, PSP_WATCH_NEXT_RESULTS_DELTA_PTR, PSP_DELTA_DATA_WORDS,
                       PSP_DELTA_PTRS);
    builder_set_u64(delta, PSP_DELTA_SEQ_OFF, ++service->seq);
    enum psp_error error = host_answer_end(service->host, oldest);
    assert(error == PSP_OK || error == PSP_NO_MEMORY);
    (void)error;
    return true;
}

const struct host_service counting_methods = {
    .hello = hello,
    .present = present,
    .present_command = present_command,
    .pairing = pairing,
    .pair = pair,
    .pair_reveal = pair_reveal,
    .describe = describe,
    .health = health,
    .read = read_rows,
    .watch = watch,
    .next = next,
    .submit = submit,
    .status = status,
    .cancel = cancel,
    .release = release,
};
