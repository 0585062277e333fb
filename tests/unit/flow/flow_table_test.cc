// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/flow_table.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

struct Entry : FlowNode {
    int value = 0;
};

constexpr std::array<Duration, phase_count> timeouts = {std::chrono::seconds(10), std::chrono::seconds(100),
                                                        std::chrono::seconds(100), std::chrono::seconds(5),
                                                        std::chrono::seconds(100)};

Time at(int seconds) {
    return Time(std::chrono::seconds(seconds));
}

FlowKey key(std::uint16_t port) {
    FlowKey key;
    key.low_port = port;
    return key;
}

struct Table : testing::Test {
    FlowTable<Entry> table{100, {1, 2}, timeouts};
    std::vector<std::uint16_t> expired;

    Entry& add(std::uint16_t port, int now, Phase phase = Phase::handshake) {
        Entry* entry = table.insert(key(port), table.hash(key(port)), at(now));
        table.set_phase(*entry, phase);
        return *entry;
    }
    Entry* find(std::uint16_t port) { return table.find(key(port), table.hash(key(port))); }
    void expire(int now, std::size_t most = 1000) {
        table.expire(at(now), most, [this](Entry& entry) { expired.push_back(entry.key.low_port); });
    }
};

TEST_F(Table, FindsWhatWasInsertedAndNothingErased) {
    Entry& entry = add(1, 0);
    entry.value = 7;
    EXPECT_EQ(find(1)->value, 7);
    EXPECT_EQ(find(2), nullptr);
    table.erase(entry);
    EXPECT_EQ(find(1), nullptr);
    EXPECT_EQ(add(3, 0).value, 0) << "a reused entry starts anew";
}

TEST_F(Table, ZonesAreDifferentConnections) {
    add(1, 0);
    FlowKey other = key(1);
    other.zone = 5;
    EXPECT_EQ(table.find(other, table.hash(other)), nullptr);
}

TEST_F(Table, RefusesMoreThanItsCapacity) {
    for (std::uint16_t port = 0; port < 100; ++port)
        add(port, 0);
    EXPECT_EQ(table.insert(key(1000), table.hash(key(1000)), at(0)), nullptr);
    table.erase(*find(50));
    EXPECT_NE(table.insert(key(1000), table.hash(key(1000)), at(0)), nullptr);
}

TEST_F(Table, EachPhaseHasItsTime) {
    add(1, 0);
    add(2, 0, Phase::established);
    add(3, 0, Phase::closing);
    expire(6);
    EXPECT_EQ(expired, (std::vector<std::uint16_t>{3}));
    expire(11);
    EXPECT_EQ(expired, (std::vector<std::uint16_t>{3, 1}));
    expire(101);
    EXPECT_EQ(expired, (std::vector<std::uint16_t>{3, 1, 2}));
    EXPECT_EQ(table.size(), 0U);
}

TEST_F(Table, EntriesThatWereSeenLiveOnAndDoNotHideOthers) {
    Entry& busy = add(1, 0);
    Entry& also_busy = add(2, 1);
    add(3, 2);
    busy.last_seen = at(9);
    also_busy.last_seen = at(10);
    expire(13);
    EXPECT_EQ(expired, (std::vector<std::uint16_t>{3}));
    expire(20);
    EXPECT_EQ(expired, (std::vector<std::uint16_t>{3, 1, 2}));
}

TEST_F(Table, OldestIsTheOneThatRestedLongest) {
    Entry& first = add(1, 0);
    add(2, 1);
    first.last_seen = at(5);
    EXPECT_EQ(table.oldest(Phase::handshake)->key.low_port, 2);
    EXPECT_EQ(table.oldest(Phase::closing), nullptr);
}

TEST_F(Table, ExpiryLooksAtABoundedNumber) {
    for (std::uint16_t port = 0; port < 50; ++port)
        add(port, 0);
    expire(1000, 10);
    EXPECT_EQ(expired.size(), 10U);
}

} // namespace
} // namespace nfsieve
