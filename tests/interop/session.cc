#include "tests/interop/session.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <kj/debug.h>
#include <openssl/evp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

std::string base64(const tls::Hash &bytes)
{
    unsigned char text[64];
    int length = EVP_EncodeBlock(text, bytes.data(), static_cast<int>(bytes.size()));
    return std::string(reinterpret_cast<char *>(text), static_cast<size_t>(length));
}

// Starts a program that dies with this one; its output goes to `out`.
pid_t start(const std::vector<std::string> &words, int out)
{
    std::vector<char *> list;
    for (auto &word : words)
        list.push_back(const_cast<char *>(word.c_str()));
    list.push_back(nullptr);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(out, 1);
        execv(list[0], list.data());
        _exit(127);
    }
    return child;
}

int ended(pid_t child)
{
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

int Served::command(const std::string &name, const std::vector<std::string> &rest) const
{
    std::vector<std::string> words = {program, name, directory + "/ALD"};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    words.insert(words.end(), rest.begin(), rest.end());
    int status = ended(start(words, nowhere));
    close(nowhere);
    return status;
}

int Served::metric(const std::string &key, const std::string &value) const
{
    return command("append",
                   {"metric", "key=" + key, "start=2025-01-01", "end=2025-12-31",
                    "unit=USD", "nature=flow", "value=" + value});
}

Served::Served(const tls::Key &device)
{
    char folder[] = "/tmp/interop_serve.XXXXXX", line[256] = "", address[64], name[64];
    KJ_REQUIRE(mkdtemp(folder) != nullptr);
    directory = folder;
    program = std::string(getenv("top_builddir")) + "/totebox/totebox";
    KJ_REQUIRE(command("init", {"--entity", "ALD", "--name", "Alder", "--kind",
                                "company", "--currency", "USD"}) == 0);
    std::ofstream(directory + "/ALD/exposure.conf")
        << "expose \"group\" {\n  to = {\"aggregator\"}\n"
           "  views = {\"entity\", \"metric\"}\n  periods = {\"2025\"}\n"
           "  granularity = \"total\"\n  rate = 40\n}\n";
    for (int i = 0; i < 20; i++)
        KJ_REQUIRE(metric("m" + std::to_string(10 + i), std::to_string(i) + ".5") == 0);
    KJ_REQUIRE(command("pair", {"--public-key", base64(tls::publicKey(device))}) == 0);

    int pipe[2];
    KJ_REQUIRE(pipe2(pipe, O_CLOEXEC) == 0);
    process = start({program, "serve", "--listen", "127.0.0.1:0", directory + "/ALD"},
                    pipe[1]);
    close(pipe[1]);
    FILE *output = fdopen(pipe[0], "r");
    KJ_REQUIRE(fgets(line, sizeof line, output) != nullptr, "serve says nothing");
    KJ_REQUIRE(sscanf(line, "ready ALD %63[^:]:%hu %63s", address, &port, name) == 3,
               line);
    fclose(output);
    fingerprint = name;
}

Served::~Served()
{
    kill(process, SIGTERM);
    int status = ended(process);
    pid_t remover = start({"/bin/rm", "-rf", directory}, 1);
    ended(remover);
    if (status != 0) // a sanitizer's report among others
        std::fprintf(stderr, "totebox serve ended with status %d\n", status), _exit(1);
}

kj::Own<tls::Stream> Dialler::dial() const
{
    auto address = io.provider->getNetwork()
                       .parseAddress("127.0.0.1", served.port)
                       .wait(io.waitScope);
    auto socket = address->connect().wait(io.waitScope);
    std::string wanted = served.fingerprint;
    auto stream = kj::heap<tls::Stream>(
        context, tls::CLIENT, kj::mv(socket),
        [wanted](const tls::Hash &peer) { return tls::fingerprint(peer) == wanted; });
    stream->handshake().wait(io.waitScope);
    return stream;
}

bool Wire::receive()
{
    auto read = capnp::tryReadMessage(*stream);
    auto late = io.provider->getTimer().afterDelay(10 * kj::SECONDS).then([]() {
        KJ_FAIL_REQUIRE("no answer in 10 s");
        return kj::Maybe<kj::Own<capnp::MessageReader>>();
    });
    KJ_IF_MAYBE (got, read.exclusiveJoin(kj::mv(late)).wait(io.waitScope)) {
        message = kj::mv(*got);
        return true;
    }
    return false;
}

std::string Wire::verdict()
{
    bool isAborted = false;
    while (receive()) {
        if (said().isAbort())
            isAborted = true;
        else if (isAborted)
            return "talks on after its abort";
        else if (!said().isReturn())
            return "a message of kind " + std::to_string(uint16_t(said().which()));
    }
    return isAborted ? "abort" : "closed without a word";
}

void Wire::bootstrap(uint32_t question)
{
    send([=](capnp::rpc::Message::Builder root) {
        root.initBootstrap().setQuestionId(question);
    });
}

void Wire::hello(uint32_t question, uint32_t bootstrap)
{
    send([=](capnp::rpc::Message::Builder root) {
        auto call = root.initCall();
        call.setQuestionId(question);
        call.initTarget().initPromisedAnswer().setQuestionId(bootstrap);
        call.setInterfaceId(capnp::typeId<psp::Totebox>());
        call.setMethodId(0);
        call.initParams();
        call.getSendResultsTo().setCaller();
    });
}

void Wire::helloOnImport(uint32_t question, uint32_t import)
{
    send([=](capnp::rpc::Message::Builder root) {
        auto call = root.initCall();
        call.setQuestionId(question);
        call.initTarget().setImportedCap(import);
        call.setInterfaceId(capnp::typeId<psp::Totebox>());
        call.initParams();
    });
}

void Wire::finish(uint32_t question, bool releases)
{
    send([=](capnp::rpc::Message::Builder root) {
        auto finish = root.initFinish();
        finish.setQuestionId(question);
        finish.setReleaseResultCaps(releases);
    });
}

std::string codeOf(const std::function<void()> &act)
{
    static const char *const types[] = {"failed", "overloaded", "disconnected",
                                        "unimplemented"};
    try {
        act();
    } catch (const kj::Exception &thrown) {
        std::string words = thrown.getDescription().cStr();
        auto at = words.find("psp.");
        if (at == std::string::npos)
            return types[uint16_t(thrown.getType())];
        return words.substr(at + 4, words.find(':', at) - at - 4);
    }
    return "ok";
}
