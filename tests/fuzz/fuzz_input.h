// SPDX-License-Identifier: GPL-2.0-or-later
// What the fuzz targets that run a sequence of steps share: input read as small numbers, and a loud failure.
#pragma once

#include "nfsieve/base/bytes.h"

#include <algorithm>
#include <cstdlib>

namespace nfsieve::fuzz {

inline void require(bool promise) {
    if (!promise)
        std::abort();
}

/// Reads numbers from the input, and zeroes behind its end.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : bytes_(data, size) {}

    [[nodiscard]] bool more() const { return !bytes_.empty(); }
    std::uint8_t byte() {
        if (bytes_.empty())
            return 0;
        const std::uint8_t value = bytes_.front();
        bytes_ = bytes_.subspan(1);
        return value;
    }
    std::uint32_t number() { return std::uint32_t{byte()} << 8 | byte(); }
    Bytes bytes(std::size_t count) {
        const Bytes taken = bytes_.first(std::min(count, bytes_.size()));
        bytes_ = bytes_.subspan(taken.size());
        return taken;
    }

private:
    Bytes bytes_;
};

} // namespace nfsieve::fuzz
