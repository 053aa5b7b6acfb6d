#include "proto/names.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Open addressing over ids; the strings live in blocks of their own so that a
 * borrowed text stays where it is when the table grows. */
struct name {
    char *bytes;
    uint32_t length;
    uint32_t hash;
    uint32_t references; /* 0: free, and `length` is the next free id */
};

struct names {
    struct names_base base;
    struct name *all; /* by id less base.count; [0] is the empty string */
    uint32_t capacity;
    uint32_t used; /* ids handed out so far, free ones included */
    uint32_t live;
    uint32_t free_list;
    name_id *slots; /* 0: empty */
    uint32_t slot_mask;
};

uint32_t names_hash(struct text text)
{
    uint32_t hash = 2166136261u;
    for (uint32_t i = 0; i < text.length; i++)
        hash = (hash ^ (uint8_t)text.bytes[i]) * 16777619u;
    return hash ^ (hash >> 15);
}

struct names *names_new(void)
{
    struct names *names = calloc(1, sizeof *names);
    if (!names)
        return NULL;
    names->capacity = 64;
    names->slot_mask = 127;
    names->all = calloc(names->capacity, sizeof *names->all);
    names->slots = calloc(names->slot_mask + 1, sizeof *names->slots);
    if (!names->all || !names->slots) {
        names_free(names);
        return NULL;
    }
    names->used = 1;
    return names;
}

struct names *names_new_over(const struct names_base *base)
{
    struct names *names = names_new();
    if (names)
        names->base = *base;
    return names;
}

name_id names_limit(const struct names *names)
{
    return names->base.count + names->used;
}

static struct text base_text(const struct names_base *base, name_id id)
{
    uint64_t start = base->starts[id - 1];
    return (struct text){base->bytes + start, (uint32_t)(base->starts[id] - start - 1)};
}

/* 0: not among them. */
static name_id base_find(const struct names_base *base, struct text text, uint32_t hash)
{
    if (base->count == 0)
        return 0;
    for (uint32_t slot = hash & base->slot_mask; base->slots[slot];
         slot = (slot + 1) & base->slot_mask)
        if (text_equal(base_text(base, base->slots[slot]), text))
            return base->slots[slot];
    return 0;
}

static bool is_base(const struct names *names, name_id id)
{
    return id <= names->base.count;
}

static struct name *counted(const struct names *names, name_id id)
{
    uint32_t place = id - names->base.count;
    assert(place < names->used && names->all[place].references);
    return &names->all[place];
}

void names_free(struct names *names)
{
    if (!names)
        return;
    for (uint32_t id = 1; names->all && id < names->used; id++)
        if (names->all[id].references)
            free(names->all[id].bytes);
    free(names->all);
    free(names->slots);
    free(names);
}

static uint32_t probe(const struct names *names, struct text text, uint32_t hash)
{
    uint32_t slot = hash & names->slot_mask;
    while (names->slots[slot]) {
        const struct name *name = &names->all[names->slots[slot]];
        if (name->hash == hash && name->length == text.length &&
            memcmp(name->bytes, text.bytes, text.length) == 0)
            break;
        slot = (slot + 1) & names->slot_mask;
    }
    return slot;
}

static bool grow_slots(struct names *names)
{
    uint32_t mask = names->slot_mask * 2 + 1;
    name_id *slots = calloc((size_t)mask + 1, sizeof *slots);
    if (!slots)
        return false;
    for (name_id id = 1; id < names->used; id++) {
        if (!names->all[id].references)
            continue;
        uint32_t slot = names->all[id].hash & mask;
        while (slots[slot])
            slot = (slot + 1) & mask;
        slots[slot] = id;
    }
    free(names->slots);
    names->slots = slots;
    names->slot_mask = mask;
    return true;
}

static bool grow_all(struct names *names)
{
    if (names->capacity > UINT32_MAX / 2)
        return false;
    struct name *all = realloc(names->all, (size_t)names->capacity * 2 * sizeof *all);
    if (!all)
        return false;
    names->all = all;
    names->capacity *= 2;
    return true;
}

static name_id take_id(struct names *names)
{
    if (names->free_list) {
        name_id id = names->free_list;
        names->free_list = names->all[id].length;
        return id;
    }
    if (names->used == names->capacity && !grow_all(names))
        return 0;
    return names->used++;
}

bool names_intern(struct names *names, struct text text, name_id *id)
{
    *id = 0;
    if (text.length == 0)
        return true;
    uint32_t hash = names_hash(text);
    *id = base_find(&names->base, text, hash);
    if (*id)
        return true;
    uint32_t slot = probe(names, text, hash);
    if (names->slots[slot]) {
        names->all[names->slots[slot]].references++;
        *id = names->base.count + names->slots[slot];
        return true;
    }
    if ((names->live + 1) * 2 > names->slot_mask) {
        if (!grow_slots(names))
            return false;
        slot = probe(names, text, hash);
    }
    char *bytes = malloc((size_t)text.length + 1);
    if (!bytes)
        return false;
    name_id fresh = take_id(names);
    if (!fresh) {
        free(bytes);
        return false;
    }
    memcpy(bytes, text.bytes, text.length);
    bytes[text.length] = '\0';
    names->all[fresh] = (struct name){
        .bytes = bytes, .length = text.length, .hash = hash, .references = 1};
    names->slots[slot] = fresh;
    names->live++;
    *id = names->base.count + fresh;
    return true;
}

name_id names_find(const struct names *names, struct text text)
{
    if (text.length == 0)
        return 0;
    uint32_t hash = names_hash(text);
    name_id id = base_find(&names->base, text, hash);
    if (id)
        return id;
    id = names->slots[probe(names, text, hash)];
    return id ? names->base.count + id : 0;
}

void names_hold(struct names *names, name_id id)
{
    if (!is_base(names, id))
        counted(names, id)->references++;
}

/* Removes a slot and closes the gap behind it, so that probing stays unbroken. */
static void vacate(struct names *names, uint32_t slot)
{
    uint32_t hole = slot;
    for (;;) {
        slot = (slot + 1) & names->slot_mask;
        name_id id = names->slots[slot];
        if (!id)
            break;
        uint32_t home = names->all[id].hash & names->slot_mask;
        if (((slot - home) & names->slot_mask) < ((slot - hole) & names->slot_mask))
            continue;
        names->slots[hole] = id;
        hole = slot;
    }
    names->slots[hole] = 0;
}

void names_drop(struct names *names, name_id id)
{
    if (is_base(names, id))
        return;
    struct name *name = counted(names, id);
    if (--name->references)
        return;
    vacate(names, probe(names, (struct text){name->bytes, name->length}, name->hash));
    free(name->bytes);
    name->bytes = NULL;
    name->length = names->free_list;
    names->free_list = id - names->base.count;
    names->live--;
}

struct text names_text(const struct names *names, name_id id)
{
    if (id == 0)
        return (struct text){.bytes = "", .length = 0};
    if (is_base(names, id))
        return base_text(&names->base, id);
    const struct name *name = counted(names, id);
    return (struct text){.bytes = name->bytes, .length = name->length};
}

const char *names_string(const struct names *names, name_id id)
{
    return names_text(names, id).bytes;
}

uint32_t names_count(const struct names *names)
{
    return names->live;
}
