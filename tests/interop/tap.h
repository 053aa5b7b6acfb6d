// tap.h - looks at the messages that leave through a stream, and counts pointers.
#pragma once

#include <algorithm>

#include <capnp/common.h>
#include <kj/async-io.h>

// What the reference implementation chose to write: the test wants to know that the
// rare forms really were on the wire.
struct Forms {
    uint32_t segments = 0; // most in one message
    uint32_t far = 0, doubleFar = 0;
};

class Tap final : public kj::AsyncIoStream
{
  public:
    Tap(kj::AsyncIoStream &stream, Forms &counted) : below(stream), forms(counted)
    {
    }

    kj::Promise<size_t> tryRead(void *buffer, size_t min, size_t max) override
    {
        return below.tryRead(buffer, min, max);
    }
    kj::Promise<void> write(const void *buffer, size_t size) override
    {
        return below.write(buffer, size);
    }
    kj::Promise<void>
    write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces) override;
    kj::Promise<void> whenWriteDisconnected() override
    {
        return below.whenWriteDisconnected();
    }
    void shutdownWrite() override
    {
        below.shutdownWrite();
    }

  private:
    kj::AsyncIoStream &below;
    Forms &forms;
};
