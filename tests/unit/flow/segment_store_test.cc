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
    store.append(0, as_bytes("hello world"), {}, memory);
    EXPECT_EQ(store.compare(6, as_bytes("world"), memory), Overlap::agrees);
    EXPECT_EQ(store.compare(6, as_bytes("w0rld"), memory), Overlap::differs);
    store.release(11, memory);
    EXPECT_EQ(store.compare(6, as_bytes("w0rld"), memory), Overlap::agrees);
    EXPECT_EQ(memory.budget.used(), 0U);
    EXPECT_TRUE(store.empty());
}

TEST_F(Store, SmallSegmentsShareABlock) {
    for (std::uint64_t i = 0; i < 100; ++i)
        store.append(i, as_bytes("x"), {}, memory);
    EXPECT_LT(store.charged(), 1000U);
    EXPECT_EQ(store.compare(50, as_bytes("xxxx"), memory), Overlap::agrees);
    EXPECT_EQ(store.compare(99, as_bytes("y"), memory), Overlap::differs);
}

TEST_F(Store, LargePayloadKeepsItsSlabInsteadOfACopy) {
    SlabPool pool(65536);
    {
        SlabRef slab = pool.take();
        std::fill_n(slab.data(), 65536, std::uint8_t{'a'});
        store.append(0, Bytes(slab.data() + 40, 60000), {&slab}, memory);
        EXPECT_FALSE(slab.unique());
        store.release(60000, memory);
        EXPECT_TRUE(slab.unique());
    }
}

TEST_F(Store, FirstCopyOfHeldBytesWins) {
    ASSERT_TRUE(store.hold(10, as_bytes("first"), {}, memory));
    EXPECT_EQ(store.compare(8, as_bytes("..FIRST.."), memory), Overlap::differs);
    EXPECT_EQ(store.compare(8, as_bytes("..first.."), memory), Overlap::agrees);
    ASSERT_TRUE(store.hold(8, as_bytes("..first.."), {}, memory));
    EXPECT_EQ(ready(8), "..");
    EXPECT_EQ(ready(10), "first");
    EXPECT_EQ(ready(15), "..");
}

TEST_F(Store, HeldPiecesBecomeSentInTheirTurn) {
    ASSERT_TRUE(store.hold(5, as_bytes("67890"), {}, memory));
    EXPECT_EQ(ready(0), "");
    store.append(0, as_bytes("1234567"), {}, memory);
    EXPECT_EQ(ready(7), "890");
    store.promote(7, memory);
    EXPECT_EQ(ready(7), "");
    EXPECT_EQ(store.compare(0, as_bytes("1234567890"), memory), Overlap::agrees);
    EXPECT_EQ(store.compare(0, as_bytes("123456789x"), memory), Overlap::differs);
}

struct Beyond : Store {
    // 4,224 bytes for a block of 4,096 fit, and one block of digests.
    StoreMemory tight{1 << 20, 5000};
    SegmentStore small;
    ~Beyond() override { small.clear(tight); }

    static std::string text(std::size_t size) {
        std::mt19937 random(1);
        std::string bytes(size, '\0');
        for (char& byte : bytes)
            byte = static_cast<char>(random());
        return bytes;
    }
};

TEST_F(Beyond, DigestsTellARepeatedSegmentFromAnother) {
    const std::string sent = text(4000 + 8 * 1000);
    small.append(0, as_bytes(sent).first(4000), {}, tight);
    for (std::size_t at = 4000; at < sent.size(); at += 1000)
        small.append(at, as_bytes(sent).subspan(at, 1000), {}, tight);
    for (std::size_t at = 5000; at < sent.size(); at += 1000) {
        std::string again = sent.substr(at, 1000);
        EXPECT_EQ(small.compare(at, as_bytes(again), tight), Overlap::agrees);
        again[at / 1000] ^= 1;
        EXPECT_EQ(small.compare(at, as_bytes(again), tight), Overlap::differs);
    }
    EXPECT_EQ(small.compare(4900, as_bytes(sent).subspan(4900, 4100), tight), Overlap::unknown);
    EXPECT_EQ(small.compare(5000, as_bytes(sent).subspan(5000, 2500), tight), Overlap::unknown)
        << "half a segment cannot be told from another";
    EXPECT_FALSE(small.unjudge());
    small.release(sent.size(), tight);
    EXPECT_EQ(tight.budget.used(), 0U);
}

TEST_F(Beyond, SegmentsThatCameAsOnePacketCanBeRepeatedOneByOne) {
    const std::string sent = text(4096 + 10 * 1448 + 100);
    small.append(0, as_bytes(sent).first(4096), {}, tight);
    small.append(4096, as_bytes(sent).subspan(4096), {nullptr, 1448}, tight);
    for (std::size_t at = 4096; at < sent.size(); at += 1448) {
        std::string again = sent.substr(at, 1448);
        EXPECT_EQ(small.compare(at, as_bytes(again), tight), Overlap::agrees);
        again.back() ^= 1;
        EXPECT_EQ(small.compare(at, as_bytes(again), tight), Overlap::differs);
    }
}

TEST_F(Beyond, SegmentsOfAPacketThatWasCopiedInPartCanBeRepeatedOneByOne) {
    const std::string sent = text(13 * 1448); // 4,096 bytes are copied, and end within the third segment
    small.append(0, as_bytes(sent), {nullptr, 1448}, tight);
    for (std::size_t at = 0; at < sent.size(); at += 1448) {
        std::string again = sent.substr(at, 1448);
        EXPECT_EQ(small.compare(at, as_bytes(again), tight), Overlap::agrees) << at;
        again.back() ^= 1;
        EXPECT_EQ(small.compare(at, as_bytes(again), tight), Overlap::differs) << at;
    }
}

TEST_F(Beyond, WhatNotEvenADigestFitsForIsNotedAndNotForgotten) {
    const std::string sent = text(4096 + 200 * 100);
    small.append(0, as_bytes(sent).first(4096), {}, tight);
    small.append(4096, as_bytes(sent).subspan(4096), {nullptr, 100}, tight);
    EXPECT_EQ(small.compare(4096, as_bytes(sent).subspan(4096, 100), tight), Overlap::agrees);
    EXPECT_EQ(small.compare(4096 + 199 * 100, as_bytes(sent).subspan(4096 + 199 * 100, 100), tight),
              Overlap::unknown);
    small.append(sent.size(), as_bytes("more"), {}, tight);
    EXPECT_EQ(small.compare(sent.size(), as_bytes("more"), tight), Overlap::unknown);
    EXPECT_LE(small.charged(), 5000U);
}

TEST_F(Beyond, NothingIsHeldAheadOfAGapThere) {
    EXPECT_FALSE(small.hold(9000, as_bytes(text(6000)), {}, tight));
}

TEST_F(Store, BytesAheadOfGapsLeaveMemoryForTheStreamsOfOthers) {
    SegmentStore flood;
    std::uint64_t at = 10;
    while (flood.hold(at, as_bytes("x"), {}, memory))
        at += 2;
    EXPECT_LE(memory.budget.used(), memory.budget.limit() * 3 / 4);
    const std::string stream(memory.budget.limit() / 16, 's');
    store.append(0, as_bytes(stream), {}, memory);
    EXPECT_EQ(store.compare(stream.size() - 4, as_bytes("ssss"), memory), Overlap::agrees);
    flood.clear(memory);
}

TEST_F(Store, UnjudgedBytesAreJudgedAgain) {
    store.append(10, as_bytes("abc"), {}, memory);
    ASSERT_TRUE(store.unjudge());
    store.append(5, as_bytes("vwxyz"), {}, memory);
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
            ASSERT_EQ(store.compare(at, as_bytes(piece), memory),
                      differs ? Overlap::differs : Overlap::agrees);
            if (differs)
                continue;
            for (unsigned i = 0; i < size; ++i) {
                model[at + i] = piece[i];
                known[at + i] = '1';
            }
            if (at > next) {
                ASSERT_TRUE(store.hold(at, as_bytes(piece), {}, memory));
            } else if (at + size > next) {
                const std::string_view fresh = std::string_view(piece).substr(next - at);
                std::string judged(fresh);
                for (auto held = store.held_at(next + judged.size()); held;
                     held = store.held_at(next + judged.size()))
                    judged += as_text(*held);
                ASSERT_EQ(judged, model.substr(next, judged.size()));
                store.append(next, as_bytes(fresh), {}, memory);
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
