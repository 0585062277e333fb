// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/siphash.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace nfsieve {
namespace {

// The paper's own example (appendix A): key 00..0f, message 00..0e.
TEST(Siphash, GivesThePapersTestVector) {
    std::vector<std::uint8_t> message(15);
    std::iota(message.begin(), message.end(), std::uint8_t{0});
    const HashKey key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
    EXPECT_EQ(siphash(message, key, 2, 4), 0xa129ca6149be45e5ULL);
}

TEST(Siphash, DependsOnTheKey) {
    const std::vector<std::uint8_t> message(40, 7);
    EXPECT_NE(siphash(message, {1, 2}), siphash(message, {1, 3}));
}

} // namespace
} // namespace nfsieve
