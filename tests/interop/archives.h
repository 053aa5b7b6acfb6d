// archives.h - behaviours of an archive, one row each, with what must come of it.
//
// A row acts on a connection whose caller waits with all its credit, or in place of one
// of the answers before that, or in the TLS handshake.  Outcomes, as the archive sees
// them:
//   "abort"     the caller says why and closes (a breach of rpc.capnp or of D2)
//   "closed"    the caller closes (the answer was one; what it holds is not PSP)
//   "lives"     it goes on asking; " 9x2" behind it: it gave object 9 back twice;
//               " unfinished": the answer got no Finish
#pragma once

#include <functional>
#include <vector>

#include "tests/interop/duel.h"

class Trial final : public duel::Duel
{
  public:
    using Duel::Duel;

    // The question that has waited longest, which a row answers.
    uint32_t oldest();
    // Answers it with the next delta, of which `fill` makes what it wants.
    void delta(const std::function<void(psp::Delta::Builder)> &fill);
    void heartbeat();
    // Reads what the caller does after the row, with a heartbeat that should be taken.
    std::string judge();
    // Instead of what an honest archive answers; true when it did.
    std::function<bool(Trial &, duel::Root::Reader)> instead;
    bool didInstead = false;
    bool serve(duel::Root::Reader asked) override;

    uint32_t answered = 0; // the question of oldest()
};

struct Row {
    const char *name;
    const char *outcome;
    std::function<void(Trial &)> act = nullptr;
    std::function<bool(Trial &, duel::Root::Reader)> instead = nullptr;
    std::function<tls::Context(duel::Enemy &)> channel = nullptr;
};

std::vector<Row> messageRows(); // archives_rpc.cc
std::vector<Row> answerRows();
std::vector<Row> dataRows(); // archives_rows.cc
std::vector<Row> deltaRows();
