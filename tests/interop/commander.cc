#include "tests/interop/commander.h"

#include <kj/debug.h>

using capability::Authority, capability::refuse;

namespace commands
{

// What is known of the command and nothing else; what is empty is not there.
tls::Hash digest(psp::Command::Reader command)
{
    capnp::MallocMessageBuilder message;
    auto copy = message.initRoot<psp::Command>();
    copy.setId(command.getId());
    copy.setVerb(command.getVerb());
    if (command.getTarget().size())
        copy.setTarget(command.getTarget());
    copy.setIfRevision(command.getIfRevision());
    copy.setDeadlineMs(command.getDeadlineMs());
    copy.setDryRun(command.getDryRun());
    if (command.getArgs().size())
        copy.setArgs(command.getArgs());
    auto body = capnp::canonicalize(copy.asReader());
    auto purpose = capability::label("PointSav PSP command v1");
    return tls::sha256({tls::bytes(purpose), body.asBytes()});
}

kj::Array<kj::byte> signedBytes(psp::Receipt::Reader receipt)
{
    capnp::MallocMessageBuilder message;
    message.setRoot(receipt);
    auto copy = message.getRoot<psp::Receipt>();
    copy.disownSignature();
    auto body = capnp::canonicalize(copy.asReader());
    auto purpose = capability::label("PointSav PSP receipt v1");
    kj::Vector<kj::byte> all;
    all.addAll(tls::bytes(purpose));
    all.addAll(body.asBytes());
    return all.releaseAsArray();
}

namespace
{

class Commander final : public psp::Commander::Server
{
  public:
    Commander(Ledger &of, std::shared_ptr<Authority> by)
        : ledger(of), authority(std::move(by))
    {
    }

    kj::Promise<void> submit(SubmitContext context) override
    {
        auto command = context.getParams().getCommand();
        check(command);
        tls::Hash name = digest(command);
        if (!authority->permits(command.getVerb(), name))
            refuse("denied", "the capability is for another command");
        std::string id = idOf(command.getId());
        auto found = ledger.entries.find(id);
        if (found == ledger.entries.end())
            found = ledger.entries.emplace(id, execute(command, name)).first;
        else if (found->second.digest != name)
            refuse("conflict", "the id belongs to another command");
        context.getResults().setReceipt(receiptOf(found->second));
        return kj::READY_NOW;
    }

    kj::Promise<void> status(StatusContext context) override
    {
        auto found = ledger.entries.find(idOf(context.getParams().getId()));
        if (found == ledger.entries.end())
            refuse("unknown", "no such command");
        context.getResults().setReceipt(receiptOf(found->second));
        return kj::READY_NOW;
    }

  private:
    static std::string idOf(capnp::Data::Reader id)
    {
        return std::string(reinterpret_cast<const char *>(id.begin()), id.size());
    }
    static psp::Receipt::Reader receiptOf(const Ledger::Entry &entry)
    {
        return entry.receipt->getRoot<psp::Receipt>().asReader();
    }
    void check(psp::Command::Reader command) const
    {
        if (ledger.clockMs() >= authority->endsMs())
            refuse("expired", "the capability's window is over");
        if (command.getId().size() != 16 || command.getVerb().size() == 0)
            refuse("malformed", "a command without id or verb");
        if (command.getIfRevision() && command.getIfRevision() != ledger.revision())
            refuse("conflict", "there was a commit since");
    }
    psp::Receipt::State outcome(psp::Command::Reader command)
    {
        if (command.getDeadlineMs() && ledger.clockMs() > command.getDeadlineMs())
            return psp::Receipt::State::EXPIRED;
        if (command.getVerb() != "note" && command.getVerb() != "fail")
            return psp::Receipt::State::REFUSED;
        if (command.getDryRun())
            return psp::Receipt::State::ACCEPTED;
        ledger.executed++;
        return command.getVerb() == "note" ? psp::Receipt::State::DONE
                                           : psp::Receipt::State::FAILED;
    }
    Ledger::Entry execute(psp::Command::Reader command, const tls::Hash &name)
    {
        auto message = std::make_shared<capnp::MallocMessageBuilder>();
        auto receipt = message->initRoot<psp::Receipt>();
        receipt.setId(command.getId());
        receipt.setState(outcome(command));
        receipt.setRevision(ledger.revision());
        receipt.setAtMs(ledger.clockMs());
        receipt.setMessage("said by the archive");
        receipt.setLedgerSize(ledger.entries.size() + 1);
        receipt.setLinkId(tls::bytes(authority->leafId()));
        auto signature = tls::sign(ledger.authority, signedBytes(receipt.asReader()));
        receipt.setSignature(tls::Bytes(signature.data(), signature.size()));
        return {name, message};
    }

    Ledger &ledger;
    std::shared_ptr<Authority> authority;
};

} // namespace

psp::Commander::Client newCommander(Ledger &ledger,
                                    std::shared_ptr<Authority> authority)
{
    return kj::heap<Commander>(ledger, std::move(authority));
}

} // namespace commands
