#include "tests/interop/serve_bench.h"

#include <signal.h>

int serveTests(std::initializer_list<void (*)(Bench &, Report &)> tests)
{
    signal(SIGPIPE, SIG_IGN);
    Report report;
    {
        auto io = kj::setupAsyncIo();
        tls::Key device = tls::newKey();
        tls::Context context = tls::newContext(device, tls::CLIENT);
        Served served(device);
        Bench bench{io, {io, context, served}, {device, context}};
        {
            Session session(bench.dialler);
            bench.minter.fetch(session, io.waitScope);
        }
        for (auto test : tests)
            test(bench, report);
    }
    std::printf("1..%u\n%u passed, %u failed, 0 skipped\n",
                report.passed + report.failed, report.passed, report.failed);
    return report.failed ? 1 : 0;
}
