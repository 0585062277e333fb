// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/rules/check.h"

namespace nfsieve {

bool NumberTest::holds(std::uint64_t value) const {
    switch (op) {
    case Op::equal:
        return value == first;
    case Op::not_equal:
        return value != first;
    case Op::less:
        return value < first;
    case Op::greater:
        return value > first;
    case Op::less_equal:
        return value <= first;
    case Op::greater_equal:
        return value >= first;
    case Op::range:
        return first <= value && value <= last;
    }
    return false;
}

} // namespace nfsieve
