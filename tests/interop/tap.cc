#include "tests/interop/tap.h"

#include <cstring>
#include <vector>

namespace
{

// Follows the pointers of one message (encoding.html), trusting them: it was written by
// the library in this process.
class Walk
{
  public:
    Walk(std::vector<kj::ArrayPtr<const kj::byte>> all, Forms &counted)
        : segments(std::move(all)), forms(counted)
    {
    }

    void pointer(size_t segment, size_t at)
    {
        uint64_t word = read(segment, at);
        if ((word & 3) == 2)
            far(word);
        else
            object(segment, at + 1, word);
    }

  private:
    uint64_t read(size_t segment, size_t at) const
    {
        uint64_t word;
        std::memcpy(&word, segments[segment].begin() + 8 * at, sizeof word);
        return word;
    }

    void far(uint64_t word)
    {
        size_t segment = word >> 32, pad = static_cast<uint32_t>(word) >> 3;
        if (!(word & 4)) {
            forms.far++;
            pointer(segment, pad);
            return;
        }
        forms.doubleFar++;
        uint64_t where = read(segment, pad), tag = read(segment, pad + 1);
        object(where >> 32, static_cast<uint32_t>(where) >> 3, tag);
    }

    void pointers(size_t segment, size_t at, size_t count)
    {
        for (size_t i = 0; i < count; i++)
            pointer(segment, at + i);
    }

    // What starts `offset` words after `base`, as the pointer or the tag describes it.
    void object(size_t segment, size_t base, uint64_t word)
    {
        int64_t offset = static_cast<int32_t>(static_cast<uint32_t>(word)) >> 2;
        size_t at = static_cast<size_t>(static_cast<int64_t>(base) + offset);
        uint64_t data = word >> 32 & 0xffff, count = word >> 48;
        uint64_t element = word >> 32 & 7, elements = word >> 35;
        if (word == 0 || (word & 3) == 3)
            return;
        if ((word & 3) == 0) {
            pointers(segment, at + data, count);
        } else if (element == 6) {
            pointers(segment, at, elements);
        } else if (element == 7) {
            uint64_t tag = read(segment, at);
            data = tag >> 32 & 0xffff;
            count = tag >> 48;
            for (uint64_t i = 0; i < static_cast<uint32_t>(tag) >> 2; i++)
                pointers(segment, at + 1 + i * (data + count) + data, count);
        }
    }

    std::vector<kj::ArrayPtr<const kj::byte>> segments;
    Forms &forms;
};

} // namespace

// The RPC system writes a message as its segment table and its segments.
kj::Promise<void> Tap::write(kj::ArrayPtr<const kj::ArrayPtr<const kj::byte>> pieces)
{
    if (pieces.size() > 1) {
        Walk({pieces.begin() + 1, pieces.end()}, forms).pointer(0, 0);
        forms.segments =
            std::max(forms.segments, static_cast<uint32_t>(pieces.size() - 1));
    }
    return below.write(pieces);
}
