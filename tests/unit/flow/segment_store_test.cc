// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/flow/segment_store.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace nfsieve {
namespace {

using Overlap = SegmentStore::Overlap;

struct Store : testing::Test {
    StoreMemory memory{1 << 20, 1 << 20};
    SegmentStore store;
    ~Store() override { store.clear(memory); }

    std::string ready(std::uint64_t next) {
        const auto bytes = store.held_at(next);
        return bytes ? std::string(as_text(*bytes)) : "";
    }
};

TEST_F(Store, SentBytesAreRememberedUntilAcknowledged) {
    store.append(0, as_bytes("hello world"), nullptr, memory);
    EXPECT_EQ(store.compare(6, as_bytes("world")), Overlap::agrees);
    EXPECT_EQ(store.compare(6, as_bytes("w0rld")), Overlap::differs);
    store.release(11, memory);
    EXPECT_EQ(store.compare(6, as_bytes("w0rld")), Overlap::agrees);
    EXPECT_EQ(memory.budget.used(), 0U);
    EXPECT_TRUE(store.empty());
}

TEST_F(Store, SmallSegmentsShareABlock) {
    for (std::uint64_t i = 0; i < 100; ++i)
        store.append(i, as_bytes("x"), nullptr, memory);
    EXPECT_LT(store.charged(), 1000U);
    EXPECT_EQ(store.compare(50, as_bytes("xxxx")), Overlap::agrees);
    EXPECT_EQ(store.compare(99, as_bytes("y")), Overlap::differs);
}

TEST_F(Store, LargePayloadKeepsItsSlabInsteadOfACopy) {
    SlabPool pool(65536);
    {
        SlabRef slab = pool.take();
        std::fill_n(slab.data(), 65536, std::uint8_t{'a'});
        store.append(0, Bytes(slab.data() + 40, 60000), &slab, memory);
        EXPECT_FALSE(slab.unique());
        store.release(60000, memory);
        EXPECT_TRUE(slab.unique());
    }
}

TEST_F(Store, FirstCopyOfHeldBytesWins) {
    ASSERT_TRUE(store.hold(10, as_bytes("first"), nullptr, memory));
    EXPECT_EQ(store.compare(8, as_bytes("..FIRST..")), Overlap::differs);
    EXPECT_EQ(store.compare(8, as_bytes("..first..")), Overlap::agrees);
    ASSERT_TRUE(store.hold(8, as_bytes("..first.."), nullptr, memory));
    EXPECT_EQ(ready(8), "..");
    EXPECT_EQ(ready(10), "first");
    EXPECT_EQ(ready(15), "..");
}

TEST_F(Store, HeldPiecesBecomeSentInTheirTurn) {
    ASSERT_TRUE(store.hold(5, as_bytes("67890"), nullptr, memory));
    EXPECT_EQ(ready(0), "");
    store.append(0, as_bytes("1234567"), nullptr, memory);
    EXPECT_EQ(ready(7), "890");
    store.promote(7, memory);
    EXPECT_EQ(ready(7), "");
    EXPECT_EQ(store.compare(0, as_bytes("1234567890")), Overlap::agrees);
    EXPECT_EQ(store.compare(0, as_bytes("123456789x")), Overlap::differs);
}

TEST_F(Store, WhatDoesNotFitIsNotedAndNotForgotten) {
    StoreMemory tight{1 << 20, 5000};
    SegmentStore small;
    const std::string kilobytes(6000, 'k');
    small.append(0, as_bytes(kilobytes), nullptr, tight);
    EXPECT_EQ(small.compare(0, as_bytes("kkkk")), Overlap::agrees);
    EXPECT_EQ(small.compare(5990, as_bytes("kkkk")), Overlap::unknown);
    EXPECT_FALSE(small.hold(9000, as_bytes(kilobytes), nullptr, tight));
    EXPECT_FALSE(small.unjudge());
    small.clear(tight);
    EXPECT_EQ(tight.budget.used(), 0U);
}

TEST_F(Store, UnjudgedBytesAreJudgedAgain) {
    store.append(10, as_bytes("abc"), nullptr, memory);
    ASSERT_TRUE(store.unjudge());
    store.append(5, as_bytes("vwxyz"), nullptr, memory);
    EXPECT_EQ(ready(10), "abc");
}

// Random pieces against a plain array: first copy wins, everything is found, nothing leaks.
TEST_F(Store, AgreesWithAPlainModelOverRandomPieces) {
    for (unsigned seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        const auto pick = [&](unsigned below) { return static_cast<unsigned>(random() % below); };
        std::string model(400, '\0');
        std::string known(400, '0'); // '1': let through
        std::uint64_t next = 0;
        while (next < 400) {
            const unsigned at = pick(400), size = 1 + pick(std::min(60U, 400 - at));
            std::string piece;
            for (unsigned i = 0; i < size; ++i)
                piece += static_cast<char>('a' + pick(2));
            if (pick(2) == 0)
                for (unsigned i = 0; i < size; ++i)
                    if (known[at + i] == '1')
                        piece[i] = model[at + i];
            bool differs = false;
            for (unsigned i = 0; i < size; ++i)
                differs = differs || (known[at + i] == '1' && model[at + i] != piece[i]);
            ASSERT_EQ(store.compare(at, as_bytes(piece)), differs ? Overlap::differs : Overlap::agrees);
            if (differs)
                continue;
            for (unsigned i = 0; i < size; ++i) {
                model[at + i] = piece[i];
                known[at + i] = '1';
            }
            if (at > next) {
                ASSERT_TRUE(store.hold(at, as_bytes(piece), nullptr, memory));
            } else if (at + size > next) {
                const std::string_view fresh = std::string_view(piece).substr(next - at);
                std::string judged(fresh);
                for (auto held = store.held_at(next + judged.size()); held;
                     held = store.held_at(next + judged.size()))
                    judged += as_text(*held);
                ASSERT_EQ(judged, model.substr(next, judged.size()));
                store.append(next, as_bytes(fresh), nullptr, memory);
                next += fresh.size();
                while (const auto held = store.held_at(next)) {
                    const std::size_t step = held->size();
                    store.promote(next, memory);
                    next += step;
                }
            }
        }
        store.release(400, memory);
        ASSERT_TRUE(store.empty());
        ASSERT_EQ(memory.budget.used(), 0U);
    }
}

} // namespace
} // namespace nfsieve
