// archives.cc - an archive that behaves as one row of a table says.
//
//   archives ENTITY DEVICE      says "ready PORT AUTHORITY"; orders on standard input:
//
//   rows      how many there are
//   name N    name and outcome of row N
//   ready     "ok yes" when a caller is live and waits
//   row N     let that caller see row N
//   verdict   "ok OUTCOME" once it is known, else "ok"
//   tell      counts
#include "tests/interop/archives.h"

#include <set>
#include <sstream>

#include <signal.h>

#include "tests/interop/mint.h"

using duel::Root;

// --- one connection ------------------------------------------------------------------

uint32_t Trial::oldest()
{
    answered = waiting.front();
    waiting.pop_front();
    return answered;
}

void Trial::delta(const std::function<void(psp::Delta::Builder)> &fill)
{
    answer(oldest(), 0, [&](duel::Content content) {
        auto delta = content.initAs<psp::Watch::NextResults>().initDelta();
        delta.setSeq(++seq);
        fill(delta);
    });
}

void Trial::heartbeat()
{
    delta(
        [](psp::Delta::Builder delta) { delta.setKind(psp::Delta::Kind::HEARTBEAT); });
}

bool Trial::serve(Root::Reader asked)
{
    if (instead && instead(*this, asked)) {
        didInstead = true;
        return true;
    }
    return Duel::serve(asked);
}

std::string Trial::judge()
{
    std::map<uint32_t, uint32_t> released;
    std::set<uint32_t> finished;
    uint32_t judged = answered;
    bool isBeaten = false;
    while (!isBeaten || waiting.size() < 2) {
        if (!isBeaten && !waiting.empty()) {
            heartbeat();
            isBeaten = true;
        }
        uint64_t stuck = enemy.counts["stuck"];
        if (!receive())
            return enemy.counts["stuck"] == stuck ? "closed" : "says nothing more";
        if (said().isAbort())
            return receive() ? "talks on after its Abort" : "abort";
        if (said().isFinish())
            finished.insert(said().getFinish().getQuestionId());
        if (said().isRelease())
            released[said().getRelease().getId()] +=
                said().getRelease().getReferenceCount();
        if (!serve(said()))
            return "a message of kind " + std::to_string(uint16_t(said().which()));
    }
    std::string outcome = "lives";
    for (auto &one : released)
        outcome += " " + std::to_string(one.first) + "x" + std::to_string(one.second);
    if (judged && !finished.count(judged))
        outcome += " unfinished";
    return outcome;
}

// --- all of them
// -----------------------------------------------------------------------

namespace
{

struct Archive : duel::Enemy {
    using Enemy::Enemy;
    std::vector<Row> rows;
    const Row *row = nullptr; // the one that is due
    std::string verdict;
    kj::Maybe<kj::Own<kj::PromiseFulfiller<void>>> waits; // of the caller that is live

    void admit(kj::Own<kj::AsyncIoStream> socket, kj::WaitScope &scope)
    {
        const Row *due = row && !row->act ? row : nullptr;
        tls::Context own = due && due->channel ? due->channel(*this) : tls::Context();
        Trial trial(*this, own ? own : context, kj::mv(socket), scope);
        trial.watchIsPromise = true;
        if (due)
            trial.instead = due->instead;
        std::string end = begin(trial, scope);
        if (due && due == row)
            decide(due->instead && !trial.didInstead ? "was not asked" : end);
        if (end != "lives")
            return;
        auto order = kj::newPromiseAndFulfiller<void>();
        waits = kj::mv(order.fulfiller);
        try {
            order.promise.wait(scope);
        } catch (const kj::Exception &) {
            return; // another connection has come, so this one has gone
        }
        if (!row || !row->act)
            return; // hangs up: the row is for the next connection
        row->act(trial);
        decide(trial.judge());
    }
    std::string begin(Trial &trial, kj::WaitScope &scope)
    {
        try {
            trial.stream.handshake().wait(scope);
            if (trial.goLive())
                return "lives";
            return trial.received.get() && trial.said().isAbort() ? "abort" : "closed";
        } catch (const kj::Exception &) {
            return "closed";
        }
    }
    void decide(const std::string &outcome)
    {
        verdict = outcome;
        row = nullptr;
    }

    std::string obey(const std::string &line)
    {
        std::istringstream order(line);
        std::string word;
        size_t number = 0;
        order >> word >> number;
        if (word == "rows")
            return "ok " + std::to_string(rows.size());
        if (word == "name")
            return "ok " + std::string(rows[number].name) + ": " + rows[number].outcome;
        if (word == "ready")
            return waits == nullptr ? "ok" : "ok yes";
        if (word == "verdict")
            return verdict.empty() ? "ok" : "ok " + verdict;
        if (word != "row")
            return "ok" + duel::tell(*this);
        row = &rows[number];
        verdict.clear();
        KJ_IF_MAYBE (waiting, waits) {
            auto fulfiller = kj::mv(*waiting);
            waits = nullptr;
            fulfiller->fulfill();
        }
        return "ok";
    }
};

} // namespace

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    auto io = kj::setupAsyncIo();
    Archive archive(argv[1], io, mint::fromHex(argv[2]));
    for (auto table : {messageRows, answerRows, dataRows, deltaRows})
        for (auto &row : table())
            archive.rows.push_back(row);
    duel::run(
        archive,
        [&](kj::Own<kj::AsyncIoStream> socket, kj::WaitScope &scope) {
            archive.admit(kj::mv(socket), scope);
        },
        [&](const std::string &line) { return archive.obey(line); });
}
