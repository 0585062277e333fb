// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/siphash.h"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstring>
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

TEST(Siphash, OfWordsIsThatOfTheirBytes) {
    std::array<std::uint8_t, 40> bytes{};
    std::iota(bytes.begin(), bytes.end(), std::uint8_t{3});
    const HashKey key{11, 12};
    EXPECT_EQ(siphash(std::bit_cast<std::array<std::uint64_t, 5>>(bytes), key), siphash(bytes, key));
    const Bytes two = Bytes(bytes).first(16);
    std::array<std::uint64_t, 2> words{};
    std::memcpy(words.data(), two.data(), 16);
    EXPECT_EQ(siphash(words, key), siphash(two, key));
}

} // namespace
} // namespace nfsieve
