// archives_rpc.cc - what an archive can say in rpc.capnp, and its frames and channels.
#include <cstring>

#include "tests/interop/archives.h"

using duel::Bytes, duel::Root, duel::message, duel::words;
using Message = Root::Builder;
using Act = std::function<void(Trial &)>;
using Descriptor = capnp::rpc::CapDescriptor::Builder;

namespace
{

const char ABORT[] = "abort", CLOSED[] = "closed", LIVES[] = "lives";

template <typename Fill> Act sends(Fill fill)
{
    return [fill](Trial &trial) { trial.send(message(fill)); };
}
// A call of ours on an object of theirs: there is none.
Act calls(uint64_t interface, uint16_t method, bool isPromised = false)
{
    return sends([=](Message root) {
        auto call = root.initCall();
        if (isPromised)
            call.initTarget().initPromisedAnswer();
        else
            call.initTarget().setImportedCap(0);
        call.setInterfaceId(interface);
        call.setMethodId(method);
        call.initParams().getContent().initAsAnyStruct(1, 2);
    });
}
// A message whose discriminant no schema here has.
Act kind(uint16_t discriminant)
{
    return [=](Trial &trial) {
        Bytes bytes = message([](Message root) { root.initBootstrap(); });
        memcpy(bytes.begin() + 16, &discriminant, sizeof discriminant);
        trial.send(bytes);
    };
}
Act disembargo(void (*fill)(capnp::rpc::Disembargo::Builder))
{
    return sends([=](Message root) { fill(root.initDisembargo()); });
}
Act resolves(uint32_t promise, void (*fill)(capnp::rpc::Resolve::Builder))
{
    return sends([=](Message root) {
        root.initResolve().setPromiseId(promise);
        fill(root.getResolve());
    });
}
// A heartbeat as the answer that is awaited, and what the row wants besides.
template <typename Fill> Bytes beat(Trial &trial, Fill fill)
{
    return message([&](Message root) {
        auto back = root.initReturn();
        back.setAnswerId(trial.oldest());
        auto delta = back.initResults()
                         .getContent()
                         .initAs<psp::Watch::NextResults>()
                         .initDelta();
        delta.setSeq(++trial.seq);
        delta.setKind(psp::Delta::Kind::HEARTBEAT);
        fill(back);
    });
}
using Back = capnp::rpc::Return::Builder;
template <typename Fill> Act answers(Fill fill)
{
    return [fill](Trial &trial) { trial.send(beat(trial, fill)); };
}
Act brings(uint32_t count, void (*fill)(Descriptor, uint32_t))
{
    return answers([=](Back back) {
        auto table = back.getResults().initCapTable(count);
        for (uint32_t i = 0; i < count; i++)
            fill(table[i], i);
    });
}
// The discriminant of a union that is `offset` bytes into its struct's data.
template <typename Builder> void unknownVariant(Builder of, unsigned offset)
{
    uint16_t unknown = 9;
    memcpy(capnp::toAny(of).getDataSection().begin() + offset, &unknown,
           sizeof unknown);
}
// Bytes that are not built but written.
Act raw(std::initializer_list<uint64_t> list)
{
    std::vector<uint64_t> all(list);
    return [all](Trial &trial) {
        Bytes bytes = kj::heapArray<kj::byte>(all.size() * 8);
        memcpy(bytes.begin(), all.data(), bytes.size());
        trial.send(bytes);
    };
}
// A heartbeat in segments of one word, or with empty ones behind it.
Bytes inSegments(Trial &trial, unsigned first)
{
    Bytes flat = beat(trial, [](Back) {});
    auto frame = kj::heapArray<capnp::word>(flat.size() / 8);
    memcpy(frame.begin(), flat.begin(), flat.size());
    capnp::FlatArrayMessageReader reader(frame);
    capnp::MallocMessageBuilder copy(first, capnp::AllocationStrategy::FIXED_SIZE);
    copy.setRoot(reader.getRoot<Root>());
    return duel::framed(copy);
}

} // namespace

std::vector<Row> messageRows()
{
    const uint64_t commander = capnp::typeId<psp::Commander>();
    return {
        // D2: what only a host receives.
        {"call", ABORT, calls(capnp::typeId<psp::Totebox>(), 0)},
        {"call-promised", ABORT, calls(capnp::typeId<psp::Totebox>(), 1, true)},
        {"call-of-a-grant", ABORT, calls(capnp::typeId<psp::Grant>(), 1)},
        {"call-of-an-unknown-interface", ABORT, calls(12345, 0)},
        {"call-null", ABORT, sends([](Message root) { root.initCall(); })},
        {"command-upstream", ABORT, calls(commander, 0)},
        {"command-upstream-promised", ABORT, calls(commander, 0, true)},
        {"command-status-upstream", ABORT, calls(commander, 1)},
        {"command-presented-upstream", ABORT, calls(capnp::typeId<psp::Totebox>(), 2)},
        {"bootstrap", ABORT, sends([](Message root) { root.initBootstrap(); })},
        {"finish", ABORT, sends([](Message root) { root.initFinish(); })},
        {"release", ABORT,
         sends([](Message root) { root.initRelease().setReferenceCount(1); })},
        {"release-none", ABORT, sends([](Message root) { root.initRelease(); })},
        {"provide", ABORT, sends([](Message root) { root.initProvide(); })},
        {"accept", ABORT, sends([](Message root) { root.initAccept(); })},
        {"join", ABORT, sends([](Message root) { root.initJoin(); })},
        {"disembargo-sender-loopback", ABORT,
         disembargo([](auto made) { made.getContext().setSenderLoopback(1); })},
        {"disembargo-receiver-loopback", ABORT,
         disembargo([](auto made) { made.getContext().setReceiverLoopback(1); })},
        {"disembargo-accept", ABORT,
         disembargo([](auto made) { made.getContext().setAccept(); })},
        {"disembargo-provide", ABORT,
         disembargo([](auto made) { made.getContext().setProvide(1); })},
        {"obsolete-save", ABORT, sends([](Message root) { root.initObsoleteSave(); })},
        {"obsolete-delete", ABORT,
         sends([](Message root) { root.initObsoleteDelete(); })},
        {"third-party-answer", ABORT, kind(14)},
        {"unknown-message", ABORT, kind(200)},
        {"unknown-message-ffff", ABORT, kind(0xffff)},
        {"unimplemented-finish", ABORT,
         sends([](Message root) { root.initUnimplemented().initFinish(); })},
        {"unimplemented-release", ABORT,
         sends([](Message root) { root.initUnimplemented().initRelease(); })},
        {"unimplemented-unimplemented", ABORT,
         sends([](Message root) { root.initUnimplemented().initUnimplemented(); })},
        {"unimplemented-call", CLOSED,
         [](Trial &trial) {
             uint32_t question = trial.oldest();
             trial.send(message([=](Message root) {
                 root.initUnimplemented().initCall().setQuestionId(question);
             }));
         }},
        {"unimplemented-call-of-nothing", ABORT, sends([](Message root) {
             root.initUnimplemented().initCall().setQuestionId(99);
         })},
        {"unimplemented-bootstrap-yet-calls-are-answered", LIVES, nullptr,
         [](Trial &trial, Root::Reader asked) {
             if (!asked.isBootstrap())
                 return false;
             trial.send(message([&](Message root) {
                 root.initUnimplemented().setBootstrap(asked.getBootstrap());
             }));
             return true;
         }},
        {"abort", CLOSED,
         sends([](Message root) { root.initAbort().setReason("enough"); })},
        {"abort-at-an-orderly-end", CLOSED, sends([](Message root) {
             root.initAbort().setReason("Peer disconnected.");
             root.getAbort().setType(capnp::rpc::Exception::Type::DISCONNECTED);
         })},
        {"half-close", CLOSED, [](Trial &trial) { trial.stream.shutdownWrite(); }},
        // Promises: the watch is one, id 2; the grant, id 1, is settled.
        {"resolve-to-sender-hosted", "lives 12x1",
         resolves(2, [](auto to) { to.initCap().setSenderHosted(12); })},
        {"resolve-to-sender-promise", "lives 12x1",
         resolves(2, [](auto to) { to.initCap().setSenderPromise(12); })},
        {"resolve-to-a-vine", "lives 12x1",
         resolves(2,
                  [](auto to) { to.initCap().initThirdPartyHosted().setVineId(12); })},
        {"resolve-to-exception", CLOSED,
         resolves(2, [](auto to) { to.initException().setReason("broken"); })},
        {"resolve-to-none", ABORT,
         resolves(2, [](auto to) { to.initCap().setNone(); })},
        {"promise-to-receiver-hosted", ABORT,
         resolves(2, [](auto to) { to.initCap().setReceiverHosted(0); })},
        {"promise-to-receiver-answer", ABORT,
         resolves(2, [](auto to) { to.initCap().initReceiverAnswer(); })},
        {"promise-to-an-unknown-kind", ABORT,
         resolves(2, [](auto to) { unknownVariant(to.initCap(), 0); })},
        {"resolve-unknown-variant", ABORT,
         resolves(2, [](auto to) { unknownVariant(to, 4); })},
        {"resolve-of-no-promise", "lives 12x1",
         resolves(77, [](auto to) { to.initCap().setSenderHosted(12); })},
        {"resolve-of-no-promise-to-exception", LIVES,
         resolves(77, [](auto to) { to.initException(); })},
        {"resolve-of-no-promise-to-receiver-hosted", ABORT,
         resolves(77, [](auto to) { to.initCap().setReceiverHosted(0); })},
        {"resolve-of-what-is-settled", ABORT,
         resolves(1, [](auto to) { to.initCap().setSenderHosted(12); })},
        {"resolve-twice", ABORT,
         [](Trial &trial) {
             auto once = resolves(2, [](auto to) { to.initCap().setSenderHosted(12); });
             once(trial);
             once(trial);
         }},
    };
}

std::vector<Row> answerRows()
{
    auto early = [](uint64_t interface, uint16_t method,
                    void (*give)(Trial &, uint32_t)) {
        return [=](Trial &trial, Root::Reader asked) {
            if (!asked.isCall() || asked.getCall().getInterfaceId() != interface ||
                asked.getCall().getMethodId() != method)
                return false;
            give(trial, asked.getCall().getQuestionId());
            return true;
        };
    };
    auto shaped = [](void (*shape)(SSL_CTX *)) {
        return [=](duel::Enemy &enemy) {
            auto context = tls::newContext(enemy.key, tls::SERVER);
            shape(context.get());
            return context;
        };
    };
    auto refuses = [](const char *reason, capnp::rpc::Exception::Type type) {
        return [=](Trial &trial) {
            trial.send(message([&](Message root) {
                auto back = root.initReturn();
                back.setAnswerId(trial.oldest());
                back.initException().setReason(reason);
                back.getException().setType(type);
            }));
        };
    };
    using Type = capnp::rpc::Exception::Type;
    return {
        // Returns.
        {"return-elsewhere", ABORT,
         answers([](Back back) { back.setResultsSentElsewhere(); })},
        {"return-take-from", ABORT,
         answers([](Back back) { back.setTakeFromOtherQuestion(0); })},
        {"return-accept-from-third-party", ABORT,
         answers([](Back back) { back.initAcceptFromThirdParty(); })},
        {"return-unknown-variant", ABORT,
         answers([](Back back) { unknownVariant(back, 6); })},
        {"return-canceled-unasked", ABORT,
         answers([](Back back) { back.setCanceled(); })},
        {"return-of-no-question", ABORT,
         answers([](Back back) { back.setAnswerId(200); })},
        {"return-id-ffffffff", ABORT,
         answers([](Back back) { back.setAnswerId(0xffffffff); })},
        {"return-duplicate", ABORT,
         [](Trial &trial) {
             Bytes once = beat(trial, [](Back) {});
             trial.send(duel::joined({&once, &once}));
         }},
        {"return-in-reverse-order", LIVES,
         [](Trial &trial) {
             std::swap(trial.waiting[0], trial.waiting[1]);
             trial.heartbeat();
         }},
        {"return-keeps-parameters", LIVES,
         answers([](Back back) { back.setReleaseParamCaps(false); })},
        {"return-no-finish-needed", "lives unfinished",
         answers([](Back back) { capnp::toAny(back).getDataSection()[4] |= 2; })},
        {"return-no-finish-needed-yet-capabilities", "lives 9x1",
         answers([](Back back) {
             capnp::toAny(back).getDataSection()[4] |= 2;
             back.getResults().initCapTable(1)[0].setSenderHosted(9);
         })},
        {"return-without-content", CLOSED,
         answers([](Back back) { back.initResults(); })},
        {"return-content-is-a-list", ABORT, answers([](Back back) {
             back.getResults().getContent().setAs<capnp::Data>(
                 kj::StringPtr("data").asBytes());
         })},
        {"exception", CLOSED, refuses("boom", Type::FAILED)},
        {"exception-overloaded", CLOSED, refuses("psp.busy: later", Type::OVERLOADED)},
        {"exception-disconnected", CLOSED, refuses("", Type::DISCONNECTED)},
        {"exception-unimplemented", CLOSED, refuses("", Type::UNIMPLEMENTED)},
        {"exception-of-an-unknown-type", CLOSED, refuses("boom", Type(9))},
        {"exception-that-the-watch-ended", "lives 1x1 2x1",
         refuses("psp.ended: over", Type::FAILED)},
        // Capabilities that nobody asked for.
        {"cap-none", LIVES, brings(1, [](auto to, auto) { to.setNone(); })},
        {"cap-sender-hosted", "lives 9x1",
         brings(1, [](auto to, auto) { to.setSenderHosted(9); })},
        {"cap-sender-promise", "lives 9x1",
         brings(1, [](auto to, auto) { to.setSenderPromise(9); })},
        {"cap-vine", "lives 9x1",
         brings(1, [](auto to, auto) { to.initThirdPartyHosted().setVineId(9); })},
        {"cap-with-file-descriptor", "lives 9x1",
         brings(1,
                [](auto to, auto) {
                    to.setSenderHosted(9);
                    to.setAttachedFd(3);
                })},
        {"cap-twice-the-same", "lives 9x2",
         brings(2, [](auto to, auto) { to.setSenderHosted(9); })},
        {"cap-that-it-has-already", LIVES,
         brings(1, [](auto to, auto) { to.setSenderHosted(1); })},
        {"cap-receiver-hosted", ABORT,
         brings(1, [](auto to, auto) { to.setReceiverHosted(0); })},
        {"cap-receiver-answer", ABORT,
         brings(1, [](auto to, auto) { to.initReceiverAnswer(); })},
        {"cap-unknown", ABORT, brings(1, [](auto to, auto) { unknownVariant(to, 0); })},
        {"cap-table-8", "lives 9x8",
         brings(8, [](auto to, auto) { to.setSenderHosted(9); })},
        {"cap-table-9", ABORT, brings(9, [](auto to, auto) { to.setSenderHosted(9); })},
        {"cap-table-60000", ABORT,
         brings(60000, [](auto to, auto i) { to.setSenderHosted(i); })},
        {"cap-table-200000", ABORT,
         brings(200000, [](auto to, auto i) { to.setSenderHosted(i); })},
        // On the way up.
        {"bootstrap-refused-yet-calls-are-answered", LIVES, nullptr,
         [](Trial &trial, Root::Reader asked) {
             if (!asked.isBootstrap())
                 return false;
             trial.send(message([&](Message root) {
                 auto back = root.initReturn();
                 back.setAnswerId(asked.getBootstrap().getQuestionId());
                 back.initException().setReason("nobody is home");
             }));
             return true;
         }},
        {"bootstrap-is-a-struct-yet-calls-are-answered", LIVES, nullptr,
         [](Trial &trial, Root::Reader asked) {
             if (!asked.isBootstrap())
                 return false;
             trial.send(message([&](Message root) {
                 auto back = root.initReturn();
                 back.setAnswerId(asked.getBootstrap().getQuestionId());
                 back.initResults().getContent().initAsAnyStruct(1, 1);
             }));
             return true;
         }},
        {"grant-null", CLOSED, nullptr,
         early(capnp::typeId<psp::Totebox>(), 1,
               [](Trial &trial, uint32_t question) {
                   trial.answer(question, 1, [](duel::Content content) {
                       content.initAs<psp::Totebox::PresentResults>().initInfo();
                   });
               })},
        {"grant-index-outside", CLOSED, nullptr,
         early(capnp::typeId<psp::Totebox>(), 1,
               [](Trial &trial, uint32_t question) {
                   // The capability is in the content, and no table behind it.
                   capnp::MallocMessageBuilder built;
                   capnp::BuilderCapabilityTable table;
                   auto back = table.imbue(built.initRoot<Root>()).initReturn();
                   back.setAnswerId(question);
                   back.initResults()
                       .getContent()
                       .initAs<psp::Totebox::PresentResults>()
                       .setGrant(psp::Grant::Client(capnp::newBrokenCap("ours")));
                   trial.send(duel::framed(built));
               })},
        {"watch-null", CLOSED, nullptr,
         early(capnp::typeId<psp::Grant>(), 2,
               [](Trial &trial, uint32_t question) {
                   trial.answer(question, 2, [](duel::Content content) {
                       content.initAs<psp::Grant::WatchResults>();
                   });
               })},
        // Frames.
        {"frame-count-ffffffff", ABORT, raw({0x00000001ffffffff, 0})},
        {"frame-count-fffffffe", ABORT, raw({0x00000001fffffffe, 0})},
        {"frame-count-512", ABORT, raw({0x00000001000001ff, 0})},
        {"frame-count-65", ABORT, raw({0x0000000100000040, 0})},
        {"frame-size-huge", ABORT, raw({0xffffffff00000000, 0})},
        {"frame-sum-overflow", ABORT, raw({0x8000000000000001, 0x80000000})},
        {"frame-over-limit", ABORT, raw({uint64_t(131073) << 32})},
        {"frame-zero-words", ABORT, raw({0})},
        {"frame-truncated", CLOSED,
         [](Trial &trial) {
             trial.send(words({uint64_t(7) << 32, 0}));
             trial.stream.shutdownWrite();
         }},
        {"frame-byte-by-byte", LIVES,
         [](Trial &trial) { trial.sendByteByByte(beat(trial, [](Back) {})); }},
        {"frames-in-one-record", LIVES,
         [](Trial &trial) {
             Bytes first = beat(trial, [](Back) {}), second = beat(trial, [](Back) {});
             trial.send(duel::joined({&first, &second}));
         }},
        {"segments-of-one-word", LIVES,
         [](Trial &trial) {
             Bytes bytes = inSegments(trial, 1);
             KJ_REQUIRE(*reinterpret_cast<uint32_t *>(bytes.begin()) > 3);
             trial.send(bytes);
         }},
        {"segments-that-are-empty", LIVES,
         [](Trial &trial) {
             Bytes flat = beat(trial, [](Back) {});
             uint64_t size = flat.size() / 8 - 1;
             Bytes head = words({2 | size << 32, 0});
             Bytes body = kj::heapArray<kj::byte>(flat.slice(8, flat.size()));
             trial.send(duel::joined({&head, &body}));
         }},
        {"root-null", ABORT, raw({uint64_t(1) << 32, 0})},
        {"root-outside", ABORT, raw({uint64_t(1) << 32, 0x0001000100000ffc})},
        {"root-negative", ABORT, raw({uint64_t(1) << 32, 0x00010001fffffff0})},
        {"root-far-loop", ABORT, raw({uint64_t(1) << 32, 0x0000000000000002})},
        {"root-far-nowhere", ABORT, raw({uint64_t(1) << 32, 0x0000000700000002})},
        {"root-far-offset", ABORT, raw({uint64_t(1) << 32, 0x00000000fffffffa})},
        {"root-is-a-list", ABORT, raw({uint64_t(1) << 32, 0x0000000200000001})},
        // Channels.
        {"tls-with-tickets", LIVES, nullptr, nullptr,
         shaped([](SSL_CTX *context) { SSL_CTX_set_num_tickets(context, 4); })},
        {"tls-1.2", CLOSED, nullptr, nullptr, shaped([](SSL_CTX *context) {
             SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
             SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
         })},
        {"tls-without-alpn", CLOSED, nullptr, nullptr, shaped([](SSL_CTX *context) {
             SSL_CTX_set_alpn_select_cb(context, nullptr, nullptr);
         })},
        {"tls-alpn-of-another-protocol", CLOSED, nullptr, nullptr,
         shaped([](SSL_CTX *context) {
             SSL_CTX_set_alpn_select_cb(
                 context,
                 [](SSL *, const unsigned char **out, unsigned char *length,
                    const unsigned char *, unsigned, void *) {
                     *out = reinterpret_cast<const unsigned char *>("psp/2");
                     *length = 5;
                     return SSL_TLSEXT_ERR_OK;
                 },
                 nullptr);
         })},
        {"tls-with-another-key", CLOSED, nullptr, nullptr,
         [](duel::Enemy &) { return tls::newContext(tls::newKey(), tls::SERVER); }},
    };
}
