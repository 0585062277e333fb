// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/signature.h"

namespace nfsieve {

bool FlagsTest::holds(std::uint8_t flags) const {
    // No bits: a packet with any flag is another one, the ignored ones included (as in Suricata).
    if (bits == 0 && flags != 0)
        return mode == Mode::not_any;
    const auto seen = static_cast<std::uint8_t>(flags & ~ignored);
    switch (mode) {
    case Mode::exactly:
        return seen == bits;
    case Mode::all:
        return (seen & bits) == bits;
    case Mode::any:
        return (seen & bits) != 0;
    case Mode::not_any:
        return (seen & bits) != bits;
    }
    return false;
}

bool FlagsTest::asks_for(std::uint8_t flag) const {
    for (unsigned flags = 0; flags < 256; ++flags)
        if ((flags & flag) == 0 && holds(static_cast<std::uint8_t>(flags)))
            return false;
    return true;
}

} // namespace nfsieve
