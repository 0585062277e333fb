// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/inspect/host_table.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

using std::chrono::seconds;

Address host(std::uint8_t last) {
    const std::array<std::uint8_t, 4> bytes{192, 0, 2, last};
    return Address::v4(bytes.data());
}

PacketEnds between(std::uint8_t source, std::uint8_t destination) {
    return {host(source), host(destination), 7};
}

BitOperation bit(BitOperation::Scope scope, BitOperation::Op op, std::uint32_t expire = 60) {
    BitOperation operation;
    operation.scope = scope;
    operation.op = op;
    operation.names = {"seen"};
    operation.expire = expire;
    return operation;
}

const Time start{seconds(1'700'000'000)};

class HostTableTest : public ::testing::Test {
protected:
    bool is_set(BitOperation::Scope scope, const PacketEnds& ends, Time now = start) {
        const BitOperation asked = bit(scope, BitOperation::Op::is_set);
        return table_.hold({&asked, 1}, ends, now);
    }
    void apply(BitOperation::Scope scope, BitOperation::Op op, const PacketEnds& ends) {
        const BitOperation operation = bit(scope, op);
        table_.apply({&operation, 1}, ends, start);
    }
    HostTable::Rating rate(RateLimit limit, const PacketEnds& ends, Time now = start) {
        return table_.rate(1, {&limit, 1}, ends, now);
    }
    HostTable table_;
};

TEST_F(HostTableTest, ABitOfTheSourceIsThatAddresssAlone) {
    apply(BitOperation::Scope::source, BitOperation::Op::set, between(1, 2));
    EXPECT_TRUE(is_set(BitOperation::Scope::source, between(1, 9)));
    EXPECT_FALSE(is_set(BitOperation::Scope::source, between(2, 1)));
    EXPECT_TRUE(is_set(BitOperation::Scope::destination, between(9, 1)))
        << "what is known of a host is known either way";
}

TEST_F(HostTableTest, ABitOfAPairIsSeenFromBothSides) {
    apply(BitOperation::Scope::pair, BitOperation::Op::set, between(1, 2));
    EXPECT_TRUE(is_set(BitOperation::Scope::pair, between(2, 1)));
    EXPECT_FALSE(is_set(BitOperation::Scope::pair, between(1, 3)));
}

TEST_F(HostTableTest, BitsExpire) {
    apply(BitOperation::Scope::source, BitOperation::Op::set, between(1, 2));
    EXPECT_TRUE(is_set(BitOperation::Scope::source, between(1, 2), start + seconds(59)));
    EXPECT_FALSE(is_set(BitOperation::Scope::source, between(1, 2), start + seconds(60)));
}

TEST_F(HostTableTest, ABitIsUnsetAndToggled) {
    apply(BitOperation::Scope::source, BitOperation::Op::set, between(1, 2));
    apply(BitOperation::Scope::source, BitOperation::Op::unset, between(1, 2));
    EXPECT_FALSE(is_set(BitOperation::Scope::source, between(1, 2)));
    apply(BitOperation::Scope::source, BitOperation::Op::toggle, between(1, 2));
    EXPECT_TRUE(is_set(BitOperation::Scope::source, between(1, 2)));
    apply(BitOperation::Scope::source, BitOperation::Op::toggle, between(1, 2));
    EXPECT_FALSE(is_set(BitOperation::Scope::source, between(1, 2)));
}

TEST_F(HostTableTest, ALimitReportsTheFirstOnesOfEachPeriod) {
    const RateLimit limit{RateLimit::Kind::limit, RateLimit::Track::source, 2, 10};
    EXPECT_EQ(rate(limit, between(1, 2)), HostTable::Rating::report);
    EXPECT_EQ(rate(limit, between(1, 3)), HostTable::Rating::report);
    EXPECT_EQ(rate(limit, between(1, 4)), HostTable::Rating::quiet);
    EXPECT_EQ(rate(limit, between(2, 4)), HostTable::Rating::report) << "another source";
    EXPECT_EQ(rate(limit, between(1, 2), start + seconds(10)), HostTable::Rating::report);
}

TEST_F(HostTableTest, AThresholdReportsEveryNthOne) {
    const RateLimit limit{RateLimit::Kind::threshold, RateLimit::Track::destination, 3, 10};
    std::vector<HostTable::Rating> ratings;
    for (std::uint8_t source = 1; source <= 6; ++source)
        ratings.push_back(rate(limit, between(source, 9)));
    using enum HostTable::Rating;
    EXPECT_EQ(ratings, (std::vector{quiet, quiet, report, quiet, quiet, report}));
}

TEST_F(HostTableTest, BothReportsOnceAPeriodWhenThereWereEnough) {
    const RateLimit limit{RateLimit::Kind::both, RateLimit::Track::rule, 2, 10};
    using enum HostTable::Rating;
    EXPECT_EQ(rate(limit, between(1, 2)), quiet);
    EXPECT_EQ(rate(limit, between(3, 4)), report);
    EXPECT_EQ(rate(limit, between(5, 6)), quiet);
}

TEST_F(HostTableTest, ADetectionFilterMatchesNothingUntilThereWereEnough) {
    const RateLimit limit{RateLimit::Kind::detection_filter, RateLimit::Track::source, 2, 10};
    using enum HostTable::Rating;
    EXPECT_EQ(rate(limit, between(1, 2)), no_match);
    EXPECT_EQ(rate(limit, between(1, 2)), no_match);
    EXPECT_EQ(rate(limit, between(1, 2)), report);
    EXPECT_EQ(rate(limit, between(1, 2), start + seconds(11)), no_match);
}

TEST(HostTableCapacity, TheOldestMakeRoom) {
    HostTable table(8);
    BitOperation operation = bit(BitOperation::Scope::source, BitOperation::Op::set, 1000);
    for (std::uint8_t source = 1; source <= 100; ++source)
        table.apply({&operation, 1}, between(source, 200), start + seconds(source));
    operation.op = BitOperation::Op::is_set;
    EXPECT_TRUE(table.hold({&operation, 1}, between(100, 200), start + seconds(101)));
    EXPECT_FALSE(table.hold({&operation, 1}, between(1, 200), start + seconds(101)));
}

} // namespace
} // namespace nfsieve
