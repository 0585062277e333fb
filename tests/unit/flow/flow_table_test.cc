// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/flow_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace nfsieve {
namespace {

struct Entry : FlowNode {
    int value = 0;
};

constexpr std::array<Duration, phase_count> timeouts = {std::chrono::seconds(10),  std::chrono::seconds(100),
                                                        std::chrono::seconds(100), std::chrono::seconds(100),
                                                        std::chrono::seconds(5),   std::chrono::seconds(100)};

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

TEST_F(Table, TheHashIsOfAllThatTheKeyHas) {
    for (const bool v4 : {true, false}) {
        FlowKey first;
        if (v4)
            first.low = first.high = Address::v4(std::array<std::uint8_t, 4>{10, 0, 0, 1}.data());
        std::set<std::uint64_t> hashes{table.hash(first)};
        std::size_t keys = 1;
        const auto differs = [&](const auto& change) {
            FlowKey other = first;
            change(other);
            hashes.insert(table.hash(other));
            EXPECT_EQ(hashes.size(), ++keys) << (v4 ? "IPv4" : "IPv6");
        };
        for (std::size_t byte = v4 ? 12 : 0; byte < 16; ++byte) {
            differs([&](FlowKey& other) { other.low.bytes[byte] ^= 1; });
            differs([&](FlowKey& other) { other.high.bytes[byte] ^= 1; });
        }
        differs([](FlowKey& other) { other.low_port = 1; });
        differs([](FlowKey& other) { other.high_port = 1; });
        differs([](FlowKey& other) { other.zone = 1; });
    }
}

TEST_F(Table, TheFirstOfABucketIsThereBeforeItIsLookedFor) {
    const Entry& entry = add(1, 0);
    table.fetch_bucket(entry.hash);
    EXPECT_EQ(table.first_in_bucket(entry.hash), &entry);
    EXPECT_EQ(table.first_in_bucket(entry.hash + 1), nullptr);
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
    table.touch(busy, at(9));
    table.touch(also_busy, at(10));
    expire(13);
    EXPECT_EQ(expired, (std::vector<std::uint16_t>{3}));
    expire(20);
    EXPECT_EQ(expired, (std::vector<std::uint16_t>{3, 1, 2}));
}

TEST_F(Table, OldestIsTheOneThatRestedLongest) {
    Entry& first = add(1, 0);
    add(2, 1);
    table.touch(first, at(5));
    EXPECT_EQ(table.oldest(Phase::handshake)->key.low_port, 2);
    EXPECT_EQ(table.oldest(Phase::closing), nullptr);
}

TEST_F(Table, ExpiryLooksAtABoundedNumber) {
    for (std::uint16_t port = 0; port < 50; ++port)
        add(port, 0);
    expire(1000, 10);
    EXPECT_EQ(expired.size(), 10U);
}

// Entries are known by numbers that run over many chunks, are used again, and stand in buckets and lists.
TEST(ManyEntries, AreFoundListedAndForgottenAsAPlainSetSays) {
    FlowTable<Entry> table(2000, {1, 2}, timeouts);
    std::mt19937 random(1);
    std::map<std::uint16_t, Phase> model;
    for (int step = 0; step < 20000; ++step) {
        const auto port = static_cast<std::uint16_t>(random() % 3000);
        Entry* entry = table.find(key(port), table.hash(key(port)));
        ASSERT_EQ(entry != nullptr, model.count(port) == 1);
        const auto phase = static_cast<Phase>(random() % phase_count);
        if (entry == nullptr) {
            entry = table.insert(key(port), table.hash(key(port)), at(step));
            ASSERT_EQ(entry == nullptr, model.size() == 2000);
            if (entry == nullptr)
                continue;
            ASSERT_EQ(entry->value, 0);
            entry->value = port + 1;
            model[port] = Phase::handshake;
        } else if (random() % 3 == 0) {
            ASSERT_EQ(entry->value, port + 1);
            table.erase(*entry);
            model.erase(port);
        } else {
            table.set_phase(*entry, phase);
            table.touch(*entry, at(step));
            model[port] = phase;
        }
    }
    std::map<std::uint16_t, Phase> listed;
    table.for_each([&](Entry& entry) { listed[entry.key.low_port] = entry.phase; });
    EXPECT_EQ(listed, model);
    EXPECT_EQ(table.size(), model.size());
}

} // namespace
} // namespace nfsieve
