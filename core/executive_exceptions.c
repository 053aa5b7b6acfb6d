/* executive_exceptions.c - what needs a look, ranked: severity, then |amount| at share.
 */
#include <stdlib.h>
#include <string.h>

#include "core/executive.h"

struct ranked {
    struct exception_line line;
    __int128
        at_share; /* |amount| by the root's share of the entity, minor units x 10^9 */
};

struct list {
    struct executive *executive;
    struct ranked *all;
    uint32_t count, capacity;
};

static struct ranked *add(struct list *list, enum severity severity, const char *entity,
                          const char *what, const char *sort)
{
    struct executive *executive = list->executive;
    if (list->count == list->capacity) {
        uint32_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct ranked *all = arena_array(executive->arena, capacity, sizeof *all);
        if (!all)
            return NULL;
        if (list->count > 0)
            memcpy(all, list->all, list->count * sizeof *all);
        list->all = all;
        list->capacity = capacity;
    }
    struct ranked *ranked = &list->all[list->count++];
    ranked->line = (struct exception_line){
        .severity = severity,
        .since_ms = first_seen(executive->figures,
                               (const char *const[4]){"exception", entity, sort, ""}),
        .entity = entity,
        .what = what,
        .amount = figure_not_applicable(FORMAT_MONEY, ""),
        .count = 1,
    };
    return ranked;
}

static void set_amount(struct list *list, struct ranked *ranked, const char *entity,
                       const struct figure *amount)
{
    const struct rollup *rollup = list->executive->rollup;
    uint32_t index = entity_by_text(list->executive->figures, text_of(entity));
    const struct member *member =
        index == NO_ENTITY ? NULL : rollup_member(rollup, index);
    struct ratio share =
        member && rollup->scope->has_ownership ? member->holding.effective : RATIO_ONE;
    struct decimal part;
    if (!ranked)
        return;
    ranked->line.amount = *amount;
    if (!amount->present)
        return;
    name_id currency =
        names_find(list->executive->figures->names, text_of(amount->currency));
    const struct fx_rate *rate = portfolio_rate(
        list->executive->figures, list->executive->portfolio, currency, FX_CLOSING);
    __int128 money;
    if (!rate || !rate->found ||
        !money_translate(decimal_absolute(amount->value), rate->rate,
                         list->executive->portfolio->minor, &money))
        return;
    if (decimal_share((struct decimal){money, 0}, share.num, share.den, SHARE_PLACES,
                      &part) == DECIMAL_OK)
        ranked->at_share = part.coefficient;
}

/* --- who is not there --------------------------------------------------------- */

static bool is_missing(const struct member *member)
{
    return !member->standing.included;
}
static bool is_last_known(const struct member *member)
{
    return member->standing.included && member->standing.mark == MARK_LAST_KNOWN;
}
static bool is_stale(const struct member *member)
{
    return member->standing.included && member->standing.mark == MARK_STALE;
}

/* Members with one reason make one line with a count. */
static void group_members(struct list *list, bool (*belongs)(const struct member *),
                          const char *words, enum severity severity)
{
    struct executive *executive = list->executive;
    const struct rollup *rollup = executive->rollup;
    uint32_t start = list->count;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        const char *reason = "";
        uint32_t slot = executive->figures->entities[member->entity].slot;
        if (member->is_adjustment || !belongs(member))
            continue;
        if (belongs == is_missing)
            reason = member->standing.why;
        else if (belongs == is_last_known)
            reason = link_words(executive->figures, slot, executive->arena);
        const char *what =
            arena_print(executive->arena, "%s%s%s", words, *reason ? ": " : "", reason);
        struct ranked *same = NULL;
        for (uint32_t j = start; j < list->count && !same; j++)
            if (strcmp(list->all[j].line.what, what) == 0)
                same = &list->all[j];
        if (same) {
            same->line.count++;
            same->line.entity = "";
            continue;
        }
        (void)add(list, severity, entity_id(executive->figures, member->entity), what,
                  words);
    }
}

static bool everything_is_lost(const struct rollup *rollup)
{
    uint32_t live = 0, lost = 0;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        live += rollup->members[i].standing.link == MARK_CURRENT;
        lost += rollup->members[i].standing.link == MARK_LAST_KNOWN;
    }
    return live == 0 && lost > 0;
}

static void add_links(struct list *list)
{
    struct executive *executive = list->executive;
    bool lost = everything_is_lost(executive->rollup);
    if (lost)
        (void)add(list, SEVERITY_CRITICAL, "", "no archive answers any more", "lost");
    group_members(list, is_missing, "missing", SEVERITY_WARNING);
    group_members(list, is_last_known, "last known values", SEVERITY_WARNING);
    group_members(list, is_stale, "stale figures", SEVERITY_WARNING);
    for (uint32_t slot = 0; slot < store_slot_count(executive->figures->store);
         slot++) {
        const struct link_status *status =
            store_status(executive->figures->store, slot);
        const char *entity = executive->figures->config->toteboxes[slot].entity;
        if (status->refused_rows > 0)
            (void)add(
                list, SEVERITY_WARNING, entity,
                arena_print(executive->arena, "%u row%s for another entity refused",
                            status->refused_rows, status->refused_rows == 1 ? "" : "s"),
                "refused rows");
        if (status->bad_rows > 0)
            (void)add(list, SEVERITY_WARNING, entity,
                      arena_print(executive->arena,
                                  "%u row%s could not be read, left out",
                                  status->bad_rows, status->bad_rows == 1 ? "" : "s"),
                      "bad rows");
        for (int view = 0; view < VIEW_COUNT; view++)
            if ((status->incompatible_views >> view) & 1)
                (void)add(list, SEVERITY_WARNING, entity,
                          arena_print(executive->arena, "view %s is incompatible",
                                      view_table((enum view)view)->name),
                          "incompatible");
    }
}

/* --- ownership and translation ------------------------------------------------ */

static bool owns_something(const struct executive *executive, uint32_t entity)
{
    uint32_t first;
    return entity_rows(executive->figures, entity, VIEW_OWN, &first) > 0;
}

static void add_ownership(struct list *list)
{
    struct executive *executive = list->executive;
    const struct rollup *rollup = executive->rollup;
    struct figures *figures = executive->figures;
    if (rollup->scope->root_unknown)
        (void)add(list, SEVERITY_CRITICAL, executive->portfolio->config->root,
                  rollup->no_ownership, "ownership unknown");
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        const char *entity = entity_id(figures, member->entity);
        const struct entity_row *row = entity_row_of(figures, member->entity);
        if (member->holding.problem == OWNERSHIP_CYCLE)
            (void)add(list, SEVERITY_CRITICAL, entity, "ownership cycle, left out",
                      "cycle");
        if (member->holding.problem == OWNERSHIP_OVER_ONE)
            (void)add(list, SEVERITY_CRITICAL, entity,
                      "its owners hold more than 100 % of it", "over 100");
        if (row && owns_something(executive, member->entity) &&
            text_equal(names_text(figures->names, row->parent_scope),
                       TEXT("consolidated")))
            (void)add(
                list, SEVERITY_WARNING, entity,
                "its rows contain those of what it owns: these are not added again",
                "parent scope");
    }
}

/* The owner's word wins over that of a structure archive; a difference is told. */
static void add_contradictions(struct list *list)
{
    struct executive *executive = list->executive;
    struct figures *figures = executive->figures;
    for (uint32_t slot = 0; slot < figures->config->totebox_count; slot++) {
        if (!figures->config->toteboxes[slot].structure)
            continue;
        for (uint32_t i = 0; i < store_row_count(figures->store, slot, VIEW_OWN); i++) {
            const union any_row *said = store_row(figures->store, slot, VIEW_OWN, i);
            uint32_t owner = entity_by_name(figures, said->row.entity);
            if (owner == NO_ENTITY || figures->entities[owner].slot == slot ||
                !owns_something(executive, owner))
                continue;
            const union any_row *own =
                store_find(figures->store, figures->entities[owner].slot, VIEW_OWN,
                           names_text(figures->names, said->row.key));
            if (own && own->own.method == said->own.method &&
                own->own.to == said->own.to &&
                (__int128)own->own.econ_num * said->own.econ_den ==
                    (__int128)said->own.econ_num * own->own.econ_den)
                continue;
            (void)add(
                list, SEVERITY_WARNING, entity_id(figures, owner),
                arena_print(executive->arena,
                            "%s tells its share in %s otherwise than it does itself",
                            figures->config->toteboxes[slot].entity,
                            names_string(figures->names, said->own.owned)),
                "two words");
        }
    }
}

/* Two archives that publish one rate differently. */
static void add_two_rates(struct list *list)
{
    struct executive *executive = list->executive;
    struct figures *figures = executive->figures;
    uint32_t fx = executive->portfolio->fx_entity;
    uint32_t used = fx == NO_ENTITY ? NO_SLOT : figures->entities[fx].slot;
    if (used == NO_SLOT)
        return;
    for (uint32_t slot = 0; slot < store_slot_count(figures->store); slot++) {
        uint32_t differ = 0;
        for (uint32_t i = 0;
             slot != used && i < store_row_count(figures->store, slot, VIEW_FX); i++) {
            const struct fx_row *row = &store_row(figures->store, slot, VIEW_FX, i)->fx;
            struct text parts[] = {names_text(figures->names, row->from),
                                   names_text(figures->names, row->to),
                                   names_text(figures->names, row->period),
                                   names_text(figures->names, row->type)};
            char key[ROW_KEY_MAX + 1];
            uint32_t length =
                row_key_write(text_of(entity_id(figures, fx)), parts, 4, key);
            const union any_row *ours = length == 0
                                            ? NULL
                                            : store_find(figures->store, used, VIEW_FX,
                                                         (struct text){key, length});
            differ += ours && !ours->fx.rate.mark && !row->rate.mark &&
                      decimal_compare(amount_decimal(ours->fx.rate),
                                      amount_decimal(row->rate)) != 0;
        }
        if (differ > 0)
            (void)add(list, SEVERITY_WARNING, figures->config->toteboxes[slot].entity,
                      arena_print(executive->arena,
                                  "two rates: %u of its rates differ from those of %s",
                                  differ, entity_id(figures, fx)),
                      "two rates");
    }
}

static void add_translation(struct list *list)
{
    const struct rollup *rollup = list->executive->rollup;
    uint32_t old = 0;
    for (uint32_t i = 0; i < rollup->member_count; i++) {
        const struct member *member = &rollup->members[i];
        const char *entity = entity_id(rollup->figures, member->entity);
        if (!member->standing.included)
            continue;
        old += member->facts->is_foreign && member->facts->rates_old;
        if (member->facts->is_foreign && member->facts->hist_missing)
            (void)add(list, SEVERITY_INFO, entity, "historical rate missing", "hist");
        if (member->facts->cp_withheld)
            (void)add(list, SEVERITY_WARNING, entity,
                      "counterparties are withheld: eliminations are incomplete",
                      "withheld");
    }
    if (old > 0) {
        struct ranked *ranked = add(list, SEVERITY_WARNING, "",
                                    "rates are older than the last fixing", "fx");
        if (ranked)
            ranked->line.count = old;
    }
    if (!rollup->no_ownership && !rollup->invariant_holds)
        (void)add(list, SEVERITY_CRITICAL, "",
                  "attributable income is not look-through income", "invariant");
    if (rollup->overflow)
        (void)add(list, SEVERITY_CRITICAL, "", "a total is out of range", "overflow");
}

/* --- from the other parts ----------------------------------------------------- */

static const char *break_words(enum check_status status)
{
    if (status == CHECK_ONE_SIDED)
        return "only one side has it";
    if (status == CHECK_MISMATCH)
        return "amounts differ";
    return status == CHECK_BALANCE_DIFFERENCE ? "balances differ"
                                              : check_status_name(status);
}

static void add_breaks(struct list *list)
{
    struct executive *executive = list->executive;
    const struct model_recon *recon = executive->recon;
    for (uint32_t i = 0; i < recon->counts[GROUP_BREAK]; i++) {
        const struct check_line *check = &recon->checks[i];
        const char *first = *check->a.entity ? check->a.entity : check->b.entity;
        bool is_pair = *check->a.entity && *check->b.entity &&
                       strcmp(check->a.entity, check->b.entity) != 0;
        const char *between = is_pair ? arena_print(executive->arena, "%s v %s",
                                                    check->a.entity, check->b.entity)
                                      : check->title;
        struct ranked *ranked =
            add(list, SEVERITY_CRITICAL, first,
                arena_print(executive->arena, "%s %s: %s%s%s%s", check->id, between,
                            break_words(check->status), *check->hint ? " (" : "",
                            check->hint, *check->hint ? ")" : ""),
                check->title);
        set_amount(list, ranked, first, &check->difference);
        if (ranked)
            ranked->line.since_ms = check->first_seen_ms;
    }
    if (recon->counts[GROUP_PROVISIONAL] > 0) {
        struct ranked *ranked =
            add(list, SEVERITY_INFO, "", "checks differ, but a side is not current",
                "provisional");
        if (ranked)
            ranked->line.count = recon->counts[GROUP_PROVISIONAL];
    }
}

static void add_covenants(struct list *list)
{
    const struct model_executive *model = list->executive->model;
    for (uint32_t i = 0; i < model->covenant_count; i++) {
        const struct covenant_line *line = &model->covenants[i];
        const char *title = *line->title ? line->title : line->id;
        if (line->state == COVENANT_BREACH)
            (void)add(
                list, SEVERITY_CRITICAL, line->entity,
                arena_print(list->executive->arena, "covenant %s is breached", title),
                title);
        else if (line->state == COVENANT_WATCH)
            (void)add(list, SEVERITY_WARNING, line->entity,
                      arena_print(list->executive->arena,
                                  "covenant %s has 10 %% headroom or less", title),
                      title);
    }
}

static void add_variances(struct list *list)
{
    const struct model_executive *model = list->executive->model;
    for (uint32_t i = 0; i < model->variance_count; i++) {
        const struct variance_line *line = &model->variances[i];
        if (!line->is_exception)
            continue;
        struct ranked *ranked =
            add(list, line->favourable ? SEVERITY_INFO : SEVERITY_WARNING, line->entity,
                arena_print(list->executive->arena, "%s is %s budget, %s", line->key,
                            decimal_sign(line->variance.value) > 0 ? "over" : "under",
                            line->favourable ? "favourable" : "unfavourable"),
                line->key);
        set_amount(list, ranked, line->entity, &line->variance);
    }
}

static void add_dues(struct list *list)
{
    static const char *const kinds[] = {"capital-call", "tax", "filing"};
    enum { SOON_DAYS = 30 };
    struct executive *executive = list->executive;
    struct figures *figures = executive->figures;
    for (uint32_t i = 0; i < executive->rollup->member_count; i++) {
        const struct member *member = &executive->rollup->members[i];
        uint32_t first = 0, count = 0, slot = figures->entities[member->entity].slot;
        if (mark_has_number(member->standing.mark))
            count = entity_rows(figures, member->entity, VIEW_OBL, &first);
        for (uint32_t j = first; j < first + count; j++) {
            const struct obl_row *row =
                &store_row(figures->store, slot, VIEW_OBL, j)->obl;
            const char *kind = NULL;
            for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
                if (text_equal(names_text(figures->names, row->kind),
                               text_of(kinds[k])))
                    kind = kinds[k];
            if (!kind || row->due == 0 ||
                !text_equal(names_text(figures->names, row->state), TEXT("open")))
                continue;
            int64_t days = date_days(row->due) - date_days(executive->view_date);
            if (days > SOON_DAYS)
                continue;
            const char *title = names_string(figures->names, row->title);
            (void)add(
                list, days < 0 ? SEVERITY_WARNING : SEVERITY_INFO,
                entity_id(figures, member->entity),
                arena_print(executive->arena, "%s %s %s %04lld-%02lld-%02lld", kind,
                            *title ? title : names_string(figures->names, row->id),
                            days < 0 ? "was due" : "due", (long long)(row->due / 10000),
                            (long long)(row->due / 100 % 100),
                            (long long)(row->due % 100)),
                names_string(figures->names, row->id));
        }
    }
}

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->line.severity != b->line.severity)
        return a->line.severity > b->line.severity ? -1 : 1;
    if (a->at_share != b->at_share)
        return a->at_share > b->at_share ? -1 : 1;
    int entity = strcmp(a->line.entity, b->line.entity);
    return entity ? entity : strcmp(a->line.what, b->line.what);
}

void executive_exceptions(struct executive *executive)
{
    struct list list = {.executive = executive};
    add_links(&list);
    add_ownership(&list);
    add_contradictions(&list);
    add_two_rates(&list);
    add_translation(&list);
    add_breaks(&list);
    add_covenants(&list);
    add_variances(&list);
    add_dues(&list);
    arena_sort(executive->arena, list.all, list.count, sizeof *list.all,
               compare_ranked);
    struct exception_line *lines =
        arena_array(executive->arena, list.count + 1u, sizeof *lines);
    if (!lines)
        return;
    for (uint32_t i = 0; i < list.count; i++)
        lines[i] = list.all[i].line;
    executive->model->exceptions = lines;
    executive->model->exception_count = list.count;
}
