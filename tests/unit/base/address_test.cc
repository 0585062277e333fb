// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/address.h"

#include <gtest/gtest.h>

#include <array>

namespace nfsieve {
namespace {

Address address(const char* text) {
    return parse_prefix(text)->address;
}

TEST(Address, PrintsBothFamilies) {
    EXPECT_EQ(address("10.1.2.3").to_string(), "10.1.2.3");
    EXPECT_EQ(address("fd00::1").to_string(), "fd00::1");
}

TEST(Prefix, ContainsItsEdgesAndNothingBeside) {
    const auto block = parse_prefix("10.64.0.0/10");
    ASSERT_TRUE(block);
    EXPECT_TRUE(block->contains(address("10.64.0.0")));
    EXPECT_TRUE(block->contains(address("10.127.255.255")));
    EXPECT_FALSE(block->contains(address("10.128.0.0")));
    EXPECT_FALSE(block->contains(address("10.63.255.255")));
}

TEST(Prefix, V4BlockHoldsNoV6Address) {
    EXPECT_FALSE(parse_prefix("0.0.0.0/0")->contains(address("fd00::1")));
    EXPECT_TRUE(parse_prefix("0.0.0.0/0")->contains(address("255.255.255.255")));
}

TEST(Prefix, BadOnesAreRefusedWithTheRemedy) {
    for (const char* text :
         {"", "10.0.0", "10.0.0.0/33", "fd00::/129", "10.0.0.0/", "10.0.0.0/8x", "::/-1", "example.org"})
        EXPECT_FALSE(parse_prefix(text)) << text;
    EXPECT_NE(parse_prefix("10.0.0.1/8").error().message.find("10.0.0.0/8"), std::string::npos);
}

TEST(Address, ComparesAsItsBytesDo) {
    const std::array addresses{address("0.0.0.1"),  address("1.0.0.0"), address("255.0.0.2"),
                               address("::"),       address("::1"),     address("fd00::1"),
                               address("fd00:1::"), address("fdff::"),  address("100::ff00"),
                               address("100::ff"),  address("1::100")};
    for (const Address& a : addresses)
        for (const Address& b : addresses) {
            EXPECT_EQ(a <=> b, a.bytes <=> b.bytes) << a.to_string() << " " << b.to_string();
            EXPECT_EQ(a == b, a.bytes == b.bytes);
        }
}

} // namespace
} // namespace nfsieve
