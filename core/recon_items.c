/* recon_items.c - level 2: items of two sides, the rules of docs/views.md section 3 in
 * the order of decisions C2.  An item is used once. */
#include <stdlib.h>

#include "core/recon.h"

struct item {
    const struct item_row *row;
    struct decimal amount;
    __int128 booked; /* magnitude in reporting money at the kind's rate */
    bool has_booked;
    const char *ref, *group; /* "" none; group: its own key, else the reference */
    bool is_late;            /* posted after the end, within the cutoff */
    bool used;
};

/* Both sides of one pair in one direction and class. */
struct table {
    struct recon *recon;
    uint32_t a, b;
    enum pair_kind kind;
    struct item *left, *right; /* of a, of b; sorted by reference or by group */
    uint32_t left_count, right_count;
    struct item **picked_left, **picked_right; /* room for a match of all */
    struct standing standing_a, standing_b;
    const struct names *names;
};

/* --- which items -------------------------------------------------------------- */

static bool is_side(struct text cls, enum pair_kind kind, bool is_b)
{
    char c = cls.length == 1 ? cls.bytes[0] : 0;
    if (kind == PAIR_BALANCE)
        return c == (is_b ? 'L' : 'A');
    return is_b ? c == 'X' || c == 'Q' : c == 'R';
}

/* Items of `entity` that face `cp`: a run, as a key begins ENT|cp|. */
static uint32_t items_facing(const struct figures *figures, uint32_t entity,
                             uint32_t cp, uint32_t *first)
{
    uint32_t count = entity_rows(figures, entity, VIEW_ITEM, first), end, from = *first;
    uint32_t slot = figures->entities[entity].slot;
    name_id name = figures->entities[cp].id;
    end = *first + count;
    while (from < end &&
           store_row(figures->store, slot, VIEW_ITEM, from)->item.cp != name)
        from++;
    *first = from;
    while (from < end &&
           store_row(figures->store, slot, VIEW_ITEM, from)->item.cp == name)
        from++;
    return from - *first;
}

static int compare_rest(const struct item *x, const struct item *y)
{
    if (x->row->date != y->row->date)
        return x->row->date < y->row->date ? -1 : 1;
    return decimal_compare(x->amount, y->amount);
}

static int compare_by_ref(const void *left, const void *right)
{
    const struct item *x = left, *y = right;
    int order = strcmp(x->ref, y->ref);
    return order ? order : compare_rest(x, y);
}

static int compare_by_group(const void *left, const void *right)
{
    const struct item *x = left, *y = right;
    int order = strcmp(x->group, y->group);
    return order ? order : compare_rest(x, y);
}

static void arrange(struct table *table, int (*compare)(const void *, const void *))
{
    arena_sort(table->recon->arena, table->left, table->left_count, sizeof *table->left,
               compare);
    arena_sort(table->recon->arena, table->right, table->right_count,
               sizeof *table->right, compare);
}

static uint32_t take_items(struct table *table, bool is_b, struct item **items)
{
    struct recon *recon = table->recon;
    struct figures *figures = recon->figures;
    uint32_t entity = is_b ? table->b : table->a, cp = is_b ? table->a : table->b;
    uint32_t first, taken = 0, count = items_facing(figures, entity, cp, &first);
    uint32_t slot = figures->entities[entity].slot;
    *items = arena_array(recon->arena, count + 1u, sizeof **items);
    for (uint32_t i = first; *items && i < first + count; i++) {
        const struct item_row *row =
            &store_row(figures->store, slot, VIEW_ITEM, i)->item;
        struct item *item = &(*items)[taken];
        const char *currency = names_string(figures->names, row->cur);
        int64_t cutoff = date_days(recon->end) + recon_cutoff_days(recon, currency);
        if (row->amt.mark || date_days(row->date) > cutoff ||
            !is_side(names_text(figures->names, row->cls), table->kind, is_b))
            continue;
        *item = (struct item){
            .row = row,
            .amount = amount_decimal(row->amt),
            .ref = names_string(figures->names, row->ref),
            .group = names_string(figures->names, row->grp ? row->grp : row->ref),
            .is_late = row->date > recon->end};
        item->has_booked =
            !row->booked.mark && recon_money(recon, amount_decimal(row->booked),
                                             row->bcur, table->kind, &item->booked);
        if (item->booked < 0)
            item->booked = -item->booked;
        taken++;
    }
    return taken;
}

/* --- one check ---------------------------------------------------------------- */

/* Items of both sides that make one check; either may be empty. */
struct match {
    struct item **left, **right;
    uint32_t left_count, right_count;
};

static struct decimal sum_of(struct item *const *items, uint32_t count)
{
    struct decimal sum = {0, 0};
    for (uint32_t i = 0; i < count; i++)
        if (decimal_add(sum, items[i]->amount, &sum))
            return decimal_from_int(0);
    return sum;
}

static const char *side_word(const struct table *table, bool is_b)
{
    if (table->kind == PAIR_BALANCE)
        return is_b ? "payable" : "receivable";
    return is_b ? "expense" : "revenue";
}

static void fill_side(const struct table *table, const struct match *match, bool is_b,
                      const char *currency, struct check_side *side)
{
    enum { KEYS_MAX = 16 };
    name_id keys[KEYS_MAX];
    struct item *const *items = is_b ? match->right : match->left;
    uint32_t count = is_b ? match->right_count : match->left_count;
    const struct standing *standing = is_b ? &table->standing_b : &table->standing_a;
    int64_t as_of_ms = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i < KEYS_MAX)
            keys[i] = items[i]->row->row.key;
        if (as_of_ms == 0 || items[i]->row->row.as_of_ms < as_of_ms)
            as_of_ms = items[i]->row->row.as_of_ms;
    }
    side->entity = entity_id(table->recon->figures, is_b ? table->b : table->a);
    side->what = side_word(table, is_b);
    side->as_of_ms = as_of_ms;
    side->row_keys =
        recon_keys(table->recon, keys, count < KEYS_MAX ? count : KEYS_MAX);
    if (count > 0) {
        /* Each side in its own direction: what it says it is owed, or owes. */
        struct decimal sum = sum_of(items, count);
        bool flips = table->kind == PAIR_BALANCE ? is_b : !is_b;
        side->figure = recon_figure(table->recon, flips ? decimal_negate(sum) : sum,
                                    currency, standing, as_of_ms);
        return;
    }
    side->figure = (struct figure){
        .format = FORMAT_MONEY,
        .currency = "",
        .mark = standing->included ? MARK_NOT_APPLICABLE : standing->mark,
        .why = standing->included ? "no such item" : standing->why};
}

static int64_t earliest(const struct match *match)
{
    int64_t date = INT64_MAX;
    for (uint32_t i = 0; i < match->left_count; i++)
        if (match->left[i]->row->date < date)
            date = match->left[i]->row->date;
    for (uint32_t i = 0; i < match->right_count; i++)
        if (match->right[i]->row->date < date)
            date = match->right[i]->row->date;
    return date;
}

static const char *hint_of(struct decimal a, struct decimal b,
                           struct decimal difference, uint8_t minor)
{
    struct decimal cents, twice;
    struct decimal opposite = decimal_negate(b);
    if (decimal_compare(a, b) == 0)
        return "same sign on both sides?";
    if ((decimal_add(a, a, &twice) == DECIMAL_OK &&
         decimal_compare(twice, opposite) == 0) ||
        (decimal_add(opposite, opposite, &twice) == DECIMAL_OK &&
         decimal_compare(twice, a) == 0))
        return "booked twice?";
    if (decimal_rescale(difference, minor, &cents) == DECIMAL_OK &&
        cents.coefficient % 9 == 0)
        return "digits transposed?";
    return "";
}

static void add_check(struct table *table, struct match *match,
                      enum check_status status)
{
    struct recon *recon = table->recon;
    const struct item *any = match->left_count ? match->left[0] : match->right[0];
    const char *currency =
        arena_text(recon->arena, names_text(table->names, any->row->cur));
    const char *ref = names_string(table->names, any->row->ref);
    struct decimal a = sum_of(match->left, match->left_count);
    struct decimal b = sum_of(match->right, match->right_count), difference;
    struct check_line line = {
        .id = recon_number(recon),
        .title = *ref ? arena_print(recon->arena, "%s intercompany %s %s", ref,
                                    pair_kind_classes(table->kind), currency)
                      : arena_print(recon->arena, "intercompany %s %s",
                                    pair_kind_classes(table->kind), currency),
        .cls = pair_kind_classes(table->kind),
        .currency = currency,
        .tolerance = recon_tolerance(recon, currency, a, b),
        .status = status,
        .hint = "",
        .age_days = date_days(recon->view_date) - date_days(earliest(match)),
    };
    for (uint32_t i = 0; i < match->left_count; i++)
        match->left[i]->used = true;
    for (uint32_t i = 0; i < match->right_count; i++)
        match->right[i]->used = true;
    if (line.age_days < 0)
        line.age_days = 0;
    if (decimal_add(a, b, &difference))
        return;
    if (status == CHECK_MISMATCH)
        line.hint = hint_of(a, b, difference, currency_minor_units(text_of(currency)));
    fill_side(table, match, false, currency, &line.a);
    fill_side(table, match, true, currency, &line.b);
    struct recon_check *check = recon_add(
        recon, &line, mark_worse(table->standing_a.mark, table->standing_b.mark));
    if (!check)
        return;
    /* A side less B side as magnitudes: assets and what is owed add to zero. */
    if (table->kind != PAIR_BALANCE)
        difference = decimal_negate(difference);
    __int128 money = 0;
    bool has_money = recon_money(recon, difference, any->row->cur, table->kind, &money);
    switch (status) {
    case CHECK_FX_DIFFERENCE: /* the amounts agree, what they are carried at does not */
        money = match->left[0]->booked - match->right[0]->booked;
        recon_set_difference(recon, check,
                             money_decimal(money, recon->portfolio->minor),
                             recon->portfolio->config->currency, true, money);
        break;
    case CHECK_TIMING: /* at the period's end only one side had it */
        if (match->left[0]->is_late)
            difference = b;
        else
            difference = a;
        has_money = recon_money(recon, difference, any->row->cur, table->kind, &money);
        recon_set_difference(recon, check, difference, currency, has_money, money);
        break;
    case CHECK_UNAVAILABLE:
    case CHECK_NOT_PERMITTED:
        check->exposure = money < 0 ? -money : money;
        break;
    case CHECK_MATCHED:
    case CHECK_MATCHED_GROUP:
    case CHECK_MATCHED_TOLERANCE:
    case CHECK_MISMATCH:
    case CHECK_ONE_SIDED:
    case CHECK_MATCHED_BALANCE:
    case CHECK_BALANCE_DIFFERENCE:
    case CHECK_SUGGESTED:
    case CHECK_PARTIAL:
        recon_set_difference(recon, check, difference, currency, has_money, money);
        break;
    }
}

/* --- the rules ---------------------------------------------------------------- */

static bool opposite(const struct item *x, const struct item *y)
{
    return x->row->cur == y->row->cur &&
           decimal_compare(x->amount, decimal_negate(y->amount)) == 0;
}

static void match_one(struct table *table, struct item *x, struct item *y,
                      enum check_status status)
{
    struct match match = {.left = &x, .right = &y, .left_count = 1, .right_count = 1};
    add_check(table, &match, status);
}

/* Of two items with the same reference. */
typedef bool pair_rule(const struct table *table, const struct item *x,
                       const struct item *y);

/* Rule 1: equal amounts, both in the period, carried at the same. */
static bool is_matched(const struct table *table, const struct item *x,
                       const struct item *y)
{
    (void)table;
    return opposite(x, y) && !x->is_late && !y->is_late &&
           (!x->has_booked || !y->has_booked || x->booked == y->booked);
}

/* Rule 4: equal amounts, carried at different rates. */
static bool is_fx_difference(const struct table *table, const struct item *x,
                             const struct item *y)
{
    (void)table;
    return opposite(x, y) && !x->is_late && !y->is_late;
}

/* Rule 5: equal, one of them only after the end. */
static bool is_timing(const struct table *table, const struct item *x,
                      const struct item *y)
{
    (void)table;
    return opposite(x, y) && x->is_late != y->is_late;
}

/* Rule 3: nearly equal. */
static bool is_within(const struct table *table, const struct item *x,
                      const struct item *y)
{
    struct decimal difference;
    if (x->row->cur != y->row->cur || x->is_late || y->is_late ||
        decimal_add(x->amount, y->amount, &difference))
        return false;
    struct decimal tolerance = recon_tolerance(
        table->recon, names_string(table->names, x->row->cur), x->amount, y->amount);
    return decimal_compare(decimal_absolute(difference), tolerance) <= 0;
}

static const char *key_of(const struct item *item, bool by_ref)
{
    return by_ref ? item->ref : item->group;
}

/* Of items that are sorted by it, those with the key: [*first, end). */
static uint32_t run_of(const struct item *items, uint32_t count, const char *key,
                       bool by_ref, uint32_t *first)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(key_of(&items[middle], by_ref), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (low < count && strcmp(key_of(&items[low], by_ref), key) == 0)
        low++;
    return low;
}

static void apply(struct table *table, pair_rule *rule, enum check_status status)
{
    for (uint32_t i = 0; i < table->left_count; i++) {
        struct item *x = &table->left[i];
        uint32_t first, end;
        if (x->used || !*x->ref)
            continue;
        end = run_of(table->right, table->right_count, x->ref, true, &first);
        for (uint32_t j = first; !x->used && j < end; j++)
            if (!table->right[j].used && rule(table, x, &table->right[j]))
                match_one(table, x, &table->right[j], status);
    }
}

static uint32_t pick(struct item *items, uint32_t first, uint32_t end, name_id currency,
                     struct item **picked)
{
    uint32_t count = 0;
    for (uint32_t i = first; i < end; i++)
        if (!items[i].used && !items[i].is_late && items[i].row->cur == currency)
            picked[count++] = &items[i];
    return count;
}

/* Unused items of one key and currency, both in the period. */
static void gather(struct table *table, const struct item *like, bool by_ref,
                   struct match *match)
{
    const char *key = key_of(like, by_ref);
    uint32_t first, end;
    match->left = table->picked_left;
    match->right = table->picked_right;
    end = run_of(table->left, table->left_count, key, by_ref, &first);
    match->left_count = pick(table->left, first, end, like->row->cur, match->left);
    end = run_of(table->right, table->right_count, key, by_ref, &first);
    match->right_count = pick(table->right, first, end, like->row->cur, match->right);
}

/* Rule 2 (n:1, 1:n, n:m with equal sums), and rule 6 for what shares a reference. */
static void apply_groups(struct table *table, bool by_ref)
{
    for (uint32_t i = 0; i < table->left_count; i++) {
        struct item *x = &table->left[i];
        struct match match;
        struct decimal sum;
        if (x->used || x->is_late || !*key_of(x, by_ref))
            continue;
        gather(table, x, by_ref, &match);
        if (match.right_count == 0 ||
            decimal_add(sum_of(match.left, match.left_count),
                        sum_of(match.right, match.right_count), &sum))
            continue;
        if (by_ref)
            add_check(table, &match, CHECK_MISMATCH);
        else if (decimal_sign(sum) == 0 && match.left_count + match.right_count > 2)
            add_check(table, &match, CHECK_MATCHED_GROUP);
    }
}

/* No reference: amount, currency and date within 3 days, and nobody else fits. */
static bool could_be(const struct item *x, const struct item *y)
{
    enum { DAYS = 3 };
    int64_t apart = date_days(x->row->date) - date_days(y->row->date);
    return !x->used && !y->used && !x->is_late && !y->is_late &&
           (!*x->ref || !*y->ref) && opposite(x, y) && apart <= DAYS && apart >= -DAYS;
}

static void apply_suggested(struct table *table)
{
    enum { PAIRS_MAX = 4000000 }; /* beyond it a suggestion is not worth the wait */
    if ((uint64_t)table->left_count * table->right_count > PAIRS_MAX)
        return;
    for (uint32_t i = 0; i < table->left_count; i++) {
        struct item *x = &table->left[i], *only = NULL;
        uint32_t fits = 0;
        for (uint32_t j = 0; j < table->right_count; j++)
            if (could_be(x, &table->right[j])) {
                only = &table->right[j];
                fits++;
            }
        for (uint32_t k = 0; fits == 1 && k < table->left_count; k++)
            if (k != i && could_be(&table->left[k], only))
                fits++;
        if (fits == 1)
            match_one(table, x, only, CHECK_SUGGESTED);
    }
}

static enum check_status alone_status(const struct standing *other)
{
    if (other->included)
        return CHECK_ONE_SIDED;
    return other->mark == MARK_REFUSED || other->mark == MARK_EXPIRED
               ? CHECK_NOT_PERMITTED
               : CHECK_UNAVAILABLE;
}

static void apply_rest(struct table *table)
{
    for (uint32_t i = 0; i < table->left_count; i++) {
        struct item *item = &table->left[i];
        struct match match = {.left = &item, .left_count = 1};
        if (!item->used && !item->is_late)
            add_check(table, &match, alone_status(&table->standing_b));
    }
    for (uint32_t i = 0; i < table->right_count; i++) {
        struct item *item = &table->right[i];
        struct match match = {.right = &item, .right_count = 1};
        if (!item->used && !item->is_late)
            add_check(table, &match, alone_status(&table->standing_a));
    }
}

static void match_table(struct recon *recon, uint32_t a, uint32_t b,
                        enum pair_kind kind)
{
    struct table table = {.recon = recon,
                          .a = a,
                          .b = b,
                          .kind = kind,
                          .standing_a = recon_standing(recon, a),
                          .standing_b = recon_standing(recon, b),
                          .names = recon->figures->names};
    if (table.standing_a.included)
        table.left_count = take_items(&table, false, &table.left);
    if (table.standing_b.included)
        table.right_count = take_items(&table, true, &table.right);
    if (table.left_count + table.right_count == 0)
        return;
    table.picked_left =
        arena_array(recon->arena, table.left_count + 1u, sizeof(struct item *));
    table.picked_right =
        arena_array(recon->arena, table.right_count + 1u, sizeof(struct item *));
    if (!table.picked_left || !table.picked_right)
        return;
    arrange(&table, compare_by_ref);
    apply(&table, is_matched, CHECK_MATCHED);
    arrange(&table, compare_by_group);
    apply_groups(&table, false);
    arrange(&table, compare_by_ref);
    apply(&table, is_fx_difference, CHECK_FX_DIFFERENCE);
    apply(&table, is_timing, CHECK_TIMING);
    apply(&table, is_within, CHECK_MATCHED_TOLERANCE);
    apply_groups(&table, true);
    apply_suggested(&table);
    apply_rest(&table);
}

/* --- which pairs -------------------------------------------------------------- */

static bool shows_items(struct recon *recon, uint32_t entity, uint32_t cp)
{
    uint32_t first;
    return items_facing(recon->figures, entity, cp, &first) > 0 &&
           recon_standing(recon, entity).included;
}

bool recon_has_items(struct recon *recon, uint32_t entity, uint32_t cp)
{
    return shows_items(recon, entity, cp) && shows_items(recon, cp, entity);
}

static bool is_known(const uint32_t *list, uint32_t count, uint32_t entity)
{
    for (uint32_t i = 0; i < count; i++)
        if (list[i] == entity)
            return true;
    return false;
}

/* Whom the items of an entity face, by id. */
static uint32_t faced_by(struct recon *recon, uint32_t entity, uint32_t **list)
{
    struct figures *figures = recon->figures;
    uint32_t first, found = 0, count = entity_rows(figures, entity, VIEW_ITEM, &first);
    uint32_t slot = figures->entities[entity].slot;
    name_id last = 0;
    *list = arena_array(recon->arena, count + 1u, sizeof **list);
    for (uint32_t i = first; *list && i < first + count; i++) {
        name_id name = store_row(figures->store, slot, VIEW_ITEM, i)->item.cp;
        uint32_t cp = name == last ? NO_ENTITY : entity_by_name(figures, name);
        last = name;
        if (recon_can_match(recon, entity, cp) && !is_known(*list, found, cp))
            (*list)[found++] = cp;
    }
    return found;
}

void recon_add_items(struct recon *recon)
{
    struct figures *figures = recon->figures;
    for (uint32_t i = 0; i < figures->entity_count; i++) {
        uint32_t entity = figures->by_id[i], *faced, count;
        uint32_t first;
        if (entity_rows(figures, entity, VIEW_ITEM, &first) == 0 ||
            !recon_standing(recon, entity).included)
            continue;
        count = faced_by(recon, entity, &faced);
        for (uint32_t j = 0; j < count; j++) {
            uint32_t cp = faced[j];
            bool both = recon_has_items(recon, entity, cp);
            bool can_answer = recon_standing(recon, cp).included;
            /* A pair where both speak is taken once, from its first by id; one where
             * the other shows balances only is left to level 1. */
            if (both ? recon->rank[entity] > recon->rank[cp] : can_answer)
                continue;
            for (int kind = PAIR_BALANCE; kind <= PAIR_INCOME; kind++) {
                match_table(recon, entity, cp, (enum pair_kind)kind);
                match_table(recon, cp, entity, (enum pair_kind)kind);
            }
        }
    }
}
