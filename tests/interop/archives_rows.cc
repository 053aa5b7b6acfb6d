// archives_rows.cc - what an archive can put into a delta.
#include <cstring>

#include "examples/totebox-cpp/rows.h"
#include "tests/interop/archives.h"

using duel::Bytes;
using Delta = psp::Delta::Builder;
using Batch = psp::Batch::Builder;
using Kind = psp::Delta::Kind;
using Act = std::function<void(Trial &)>;

namespace
{

const char CLOSED[] = "closed", LIVES[] = "lives";
const uint64_t REVISION = 2;

rows::Row metric(const std::string &name)
{
    using rows::word, rows::whole, rows::marked;
    return {word(name),
            word("2025"),
            whole(20250101),
            whole(20251231),
            word("actual"),
            word("own"),
            word("USD"),
            word(""),
            word("flow"),
            rows::decimal("12.50"),
            marked(1),
            marked(1),
            whole(1),
            word("ok"),
            whole(1767225600000)};
}

// One row of the view metric, of this entity or of another.
void writeMetric(Batch batch, const std::string &entity, const std::string &name)
{
    rows::Row row = metric(name);
    std::string key = entity + "|" + name + "|2025|actual|own|USD|";
    rows::writeBatch(
        batch, rows::metric, {{&key, &row}}, [](auto &) { return true; },
        [](auto &, auto &) { return true; });
    batch.setRevision(REVISION);
}
Batch update(Delta delta, const std::string &entity)
{
    delta.setKind(Kind::UPDATE);
    delta.setRevision(REVISION);
    auto batch = delta.initChanges(1)[0].initUpserts();
    writeMetric(batch, entity, "noi");
    return batch;
}
template <typename Fill> Act updates(Fill damage)
{
    return [damage](Trial &trial) {
        trial.delta([&](Delta delta) { damage(update(delta, trial.enemy.entity)); });
    };
}
psp::Column::Builder column(Batch batch, const char *name)
{
    for (auto one : batch.getColumns())
        if (one.getInfo().asReader().getName() == name)
            return one;
    KJ_FAIL_REQUIRE("no such column", name);
}

// An update whose frame is changed: `damage` gets the words, and the index of the
// pointer to the text "metric" of the batch's view.
Act updatesText(void (*damage)(uint64_t *words, size_t pointer, size_t text))
{
    return [=](Trial &trial) {
        Bytes bytes = duel::message([&](duel::Root::Builder root) {
            auto back = root.initReturn();
            back.setAnswerId(trial.oldest());
            auto delta = back.initResults()
                             .getContent()
                             .initAs<psp::Watch::NextResults>()
                             .initDelta();
            delta.setSeq(++trial.seq);
            update(delta, trial.enemy.entity);
        });
        auto words = reinterpret_cast<uint64_t *>(bytes.begin());
        size_t count = bytes.size() / 8;
        uint64_t metric = 0;
        memcpy(&metric, "metric", 6);
        for (size_t i = 0; i < count; i++) {
            auto offset = static_cast<int32_t>(static_cast<uint32_t>(words[i])) >> 2;
            size_t at = i + 1 + static_cast<size_t>(offset);
            if ((words[i] & 3) == 1 && words[i] >> 32 == (7 << 3 | 2) && at < count &&
                words[at] == metric) {
                damage(words, i, at);
                trial.send(bytes);
                return;
            }
        }
        KJ_FAIL_REQUIRE("the text was not found");
    };
}
// The keys of the batch as a list of structs, whose first pointer is the key.
void keysAsStructs(Batch batch, uint16_t dataWords, uint16_t pointers)
{
    auto keys = batch.getKeys();
    std::vector<std::string> copies;
    for (auto key : keys.asReader())
        copies.push_back(key.cStr());
    auto all = capnp::toAny(batch).getPointerSection();
    unsigned place = 0;
    for (unsigned i = 0; i < all.size(); i++) // the pointer that is the list of keys
        if (all[i].asReader().isList() &&
            all[i].asReader().getAs<capnp::AnyList>().getElementSize() ==
                capnp::ElementSize::POINTER)
            place = i;
    auto list = all[place].initAsListOfAnyStruct(dataWords, pointers,
                                                 static_cast<unsigned>(copies.size()));
    for (unsigned i = 0; pointers && i < list.size(); i++)
        list[i].getPointerSection()[0].setAs<capnp::Text>(copies[i].c_str());
}
// The entity's row with this name.
Act named(std::string name)
{
    return [name](Trial &trial) {
        trial.delta([&](Delta delta) {
            delta.setKind(Kind::UPDATE);
            delta.setRevision(REVISION);
            auto change = delta.initChanges(1)[0];
            duel::writeEntity(change, trial.enemy.entity, name);
            change.getUpserts().setRevision(REVISION);
        });
    };
}
Act keyed(std::string key)
{
    return updates([key](Batch batch) { batch.initKeys(1).set(0, key.c_str()); });
}
template <typename Fill> Act tells(Fill fill)
{
    return [fill](Trial &trial) { trial.delta(fill); };
}

} // namespace

std::vector<Row> dataRows()
{
    return {
        {"rows-as-they-should-be", LIVES, updates([](Batch) {})},
        {"rows-of-another-entity", LIVES,
         [](Trial &trial) { trial.delta([](Delta delta) { update(delta, "GOOD"); }); }},
        {"keys-of-another-entity", LIVES, keyed("GOOD|noi|2025|actual|own|USD|")},
        {"keys-empty", CLOSED, keyed("")},
        {"keys-of-300-bytes", CLOSED, keyed("EVIL|" + std::string(300, 'x'))},
        {"keys-with-an-escape", CLOSED, keyed("EVIL|\x1b[2J|2025|actual|own|USD|")},
        {"keys-not-utf8", CLOSED, keyed("EVIL|\xff\xfe|2025|actual|own|USD|")},
        {"text-with-an-escape", LIVES, named("\x1b]0;title\x07")},
        {"text-with-a-bidi-override", LIVES, named("\u202e1,000,000")},
        {"text-with-newlines", LIVES, named("a\r\nb\tc")},
        {"text-not-utf8", LIVES, named("\xc3\x28")},
        {"text-of-format-directives", LIVES, named("%n%s%n")},
        {"text-of-500-kilobytes", LIVES, named(std::string(500000, 'x'))},
        {"text-no-nul", CLOSED, updatesText([](uint64_t *words, size_t, size_t text) {
             words[text] |= uint64_t('x') << 48;
         })},
        {"text-size-zero", CLOSED,
         updatesText([](uint64_t *words, size_t pointer, size_t) {
             words[pointer] = (words[pointer] & 0xffffffff) | uint64_t(2) << 32;
         })},
        {"text-is-a-list-of-words", CLOSED,
         updatesText([](uint64_t *words, size_t pointer, size_t) {
             words[pointer] = (words[pointer] & 0xffffffff) | uint64_t(1 << 3 | 5)
                                                                  << 32;
         })},
        {"text-outside", CLOSED,
         updatesText([](uint64_t *words, size_t pointer, size_t) {
             words[pointer] = 1 | uint64_t(0x1ffffff) << 2 | uint64_t(7 << 3 | 2) << 32;
         })},
        {"text-null", CLOSED, updatesText([](uint64_t *words, size_t pointer, size_t) {
             words[pointer] = 0;
         })},
        {"list-void-amplified", CLOSED,
         updatesText([](uint64_t *words, size_t pointer, size_t) {
             words[pointer] = 0xfffffff800000001;
         })},
        {"list-far-to-itself", CLOSED,
         updatesText([](uint64_t *words, size_t pointer, size_t) {
             words[pointer] = uint64_t(pointer - 1) << 3 | 2;
         })},
        {"list-is-a-capability", CLOSED,
         updatesText(
             [](uint64_t *words, size_t pointer, size_t) { words[pointer] = 3; })},
        {"keys-as-structs-1d1p", LIVES,
         updates([](Batch batch) { keysAsStructs(batch, 1, 1); })},
        {"keys-as-structs-0d1p", LIVES,
         updates([](Batch batch) { keysAsStructs(batch, 0, 1); })},
        {"keys-as-structs-1d0p", CLOSED,
         updates([](Batch batch) { keysAsStructs(batch, 1, 0); })},
        {"keys-too-few", CLOSED, updates([](Batch batch) { batch.initKeys(0); })},
        {"keys-too-many", CLOSED, updates([](Batch batch) {
             auto keys = batch.initKeys(2);
             keys.set(0, "EVIL|a|2025|actual|own|USD|");
             keys.set(1, "EVIL|b|2025|actual|own|USD|");
         })},
        {"row-count-huge", CLOSED,
         updates([](Batch batch) { batch.setRowCount(0xffffffff); })},
        {"column-duplicate", CLOSED,
         updates([](Batch batch) { column(batch, "unit").getInfo().setName("kind"); })},
        {"column-short", CLOSED,
         updates([](Batch batch) { column(batch, "unit").initTexts(0); })},
        {"column-long", CLOSED,
         updates([](Batch batch) { column(batch, "value").initDecimals(2); })},
        {"column-of-another-type", CLOSED,
         updates([](Batch batch) { column(batch, "value").initFloats(1); })},
        {"column-that-is-nothing", CLOSED,
         updates([](Batch batch) { column(batch, "value").setNone(); })},
        {"column-union-unknown", CLOSED, updates([](Batch batch) {
             uint16_t unknown = 20;
             auto data = capnp::toAny(column(batch, "unit")).getDataSection();
             memcpy(data.begin(), &unknown, sizeof unknown);
         })},
        {"column-type-unknown", CLOSED, updates([](Batch batch) {
             column(batch, "unit").getInfo().setType(psp::ColumnInfo::Type(30));
         })},
        {"column-unknown-to-us", LIVES, updates([](Batch batch) {
             column(batch, "num").getInfo().setName("colour");
         })},
        {"column-name-with-an-escape", CLOSED, updates([](Batch batch) {
             column(batch, "quality").getInfo().setName("\x1b[2J");
         })},
        {"column-required-but-missing", CLOSED, updates([](Batch batch) {
             column(batch, "value").getInfo().setName("worth");
         })},
        {"scale-19", CLOSED,
         updates([](Batch batch) { column(batch, "value").getInfo().setScale(19); })},
        {"scale-255", CLOSED,
         updates([](Batch batch) { column(batch, "value").getInfo().setScale(255); })},
        {"marks-short", CLOSED,
         updates([](Batch batch) { column(batch, "num").initMarks(2); })},
        {"mark-unknown", LIVES,
         updates([](Batch batch) { column(batch, "num").getMarks().set(0, 99); })},
        {"wides-short", CLOSED,
         updates([](Batch batch) { column(batch, "value").initWides(1); })},
        {"wides-at-their-limit", LIVES, updates([](Batch batch) {
             auto wides = column(batch, "value").initWides(2);
             wides.set(0, 0);
             wides.set(1, int64_t(uint64_t(1) << 63));
         })},
        {"number-at-its-limit", LIVES, updates([](Batch batch) {
             column(batch, "value").initDecimals(1).set(0, int64_t(uint64_t(1) << 63));
         })},
        {"date-that-is-none", LIVES, updates([](Batch batch) {
             column(batch, "start").getInts().set(0, 99999999);
         })},
    };
}

std::vector<Row> deltaRows()
{
    auto kind = [](Kind of, uint64_t revision) {
        return [=](Delta delta) {
            delta.setKind(of);
            delta.setRevision(revision);
        };
    };
    return {
        {"delta-null", CLOSED,
         [](Trial &trial) {
             trial.answer(trial.oldest(), 0, [](duel::Content content) {
                 content.initAs<psp::Watch::NextResults>();
             });
         }},
        {"delta-skipped", CLOSED, tells([](Delta delta) { delta.setSeq(7); })},
        {"delta-repeated", CLOSED, tells([](Delta delta) { delta.setSeq(1); })},
        {"delta-seq-at-its-limit", CLOSED,
         tells([](Delta delta) { delta.setSeq(~uint64_t(0)); })},
        {"delta-kind-unknown", CLOSED,
         tells([](Delta delta) { delta.setKind(Kind(9)); })},
        {"delta-reset", LIVES, tells(kind(Kind::RESET, 0))},
        {"delta-ended", "lives 1x1 2x1", tells(kind(Kind::ENDED, 0))},
        {"delta-update-of-nothing", LIVES, tells(kind(Kind::UPDATE, 2))},
        {"delta-deletes-what-was-not", LIVES,
         [](Trial &trial) {
             trial.delta([&](Delta delta) {
                 update(delta, trial.enemy.entity).setRowCount(0);
                 auto change = delta.initChanges(1)[0];
                 change.initUpserts().setView("metric");
                 change.getUpserts().setRevision(REVISION);
                 change.initDeletes(1).set(0, "EVIL|gone|2025|actual|own|USD|");
             });
         }},
        {"delta-deletes-of-another-entity", LIVES,
         [](Trial &trial) {
             trial.delta([&](Delta delta) {
                 update(delta, trial.enemy.entity);
                 auto change = delta.initChanges(1)[0];
                 change.initUpserts().setView("metric");
                 change.getUpserts().setRevision(REVISION);
                 change.initDeletes(1).set(0, "GOOD|noi|2025|actual|own|USD|");
             });
         }},
        {"group-cut-by-a-heartbeat", CLOSED,
         [](Trial &trial) {
             trial.delta([&](Delta delta) {
                 update(delta, trial.enemy.entity);
                 delta.setKind(Kind::UPDATE_PART);
             }); // judge() sends the heartbeat
         }},
        {"group-cut-by-a-reset", LIVES,
         [=](Trial &trial) {
             trial.delta([&](Delta delta) {
                 update(delta, trial.enemy.entity);
                 delta.setKind(Kind::UPDATE_PART);
             });
             trial.delta(kind(Kind::RESET, 0));
         }},
        {"group-of-two-commits", CLOSED,
         [=](Trial &trial) {
             trial.delta([&](Delta delta) {
                 update(delta, trial.enemy.entity);
                 delta.setKind(Kind::UPDATE_PART);
             });
             trial.delta(kind(Kind::UPDATE, 3));
         }},
        {"group-closed-as-another", CLOSED,
         [=](Trial &trial) {
             trial.delta([&](Delta delta) {
                 update(delta, trial.enemy.entity);
                 delta.setKind(Kind::SNAPSHOT);
             });
             trial.delta(kind(Kind::UPDATE, 2));
         }},
        {"update-after-a-reset", CLOSED,
         [=](Trial &trial) {
             trial.delta(kind(Kind::RESET, 0));
             trial.delta(kind(Kind::UPDATE, 2));
         }},
        {"view-unknown", CLOSED,
         tells([](Delta delta) { update(delta, "EVIL").setView("nonsense"); })},
        {"view-of-seventeen-changes", CLOSED, tells([](Delta delta) {
             update(delta, "EVIL");
             auto changes = delta.initChanges(17);
             for (auto one : changes)
                 writeMetric(one.initUpserts(), "EVIL", "noi");
         })},
        {"view-named-twice", CLOSED, tells([](Delta delta) {
             update(delta, "EVIL");
             auto changes = delta.initChanges(2);
             for (auto one : changes)
                 writeMetric(one.initUpserts(), "EVIL", "noi");
         })},
        {"changes-void-amplified", CLOSED, tells([](Delta delta) {
             delta.setKind(Kind::UPDATE);
             for (auto pointer : capnp::toAny(delta).getPointerSection()) {
                 pointer.initAsListOfAnyStruct(0, 0, 1u << 20);
                 return; // the first one is the list of changes
             }
         })},
        {"batch-with-a-cursor", CLOSED, updates([](Batch batch) {
             batch.setNextCursor(kj::StringPtr("more").asBytes());
         })},
        {"batch-of-another-commit", CLOSED,
         updates([](Batch batch) { batch.setRevision(9); })},
        {"resume-of-4-kilobytes", LIVES,
         [](Trial &trial) {
             trial.delta([&](Delta delta) {
                 update(delta, trial.enemy.entity);
                 delta.initResume(4096);
             });
         }},
        {"instant-at-its-limit", LIVES, tells([](Delta delta) {
             delta.setKind(Kind::HEARTBEAT);
             delta.setAsOfMs(int64_t(uint64_t(1) << 63));
             delta.setRevision(~uint64_t(0));
         })},
    };
}
