// SPDX-License-Identifier: GPL-2.0-or-later
#include "link.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace links {
namespace {

using namespace std::chrono_literals;

Frame frame_of(unsigned number, std::size_t size = 2) {
    Frame frame(size);
    frame[0] = static_cast<std::byte>(number >> 8U);
    frame[1] = static_cast<std::byte>(number & 0xffU);
    return frame;
}

unsigned number_of(const Frame& frame) {
    return (std::to_integer<unsigned>(frame[0]) << 8U) | std::to_integer<unsigned>(frame[1]);
}

// A frame of many packets is one byte for each of them here.
Frame cut_bytes(const Frame& frame, std::size_t first, std::size_t end) {
    return {frame.begin() + static_cast<std::ptrdiff_t>(first),
            frame.begin() + static_cast<std::ptrdiff_t>(end)};
}

// Offers `count` packets of 1000 bytes, one each `gap`, and returns the numbers of what comes out, in order.
std::vector<unsigned> carry(Link& link, unsigned count, Time gap) {
    for (unsigned i = 0; i < count; ++i) {
        link.offer(frame_of(i), {.bytes = 1000}, i * gap);
    }
    std::vector<unsigned> arrived;
    while (link.next_arrival()) {
        arrived.push_back(number_of(link.take()));
    }
    return arrived;
}

TEST(Link, DelaysEachPacketByTheSameTime) {
    Link link({.delay = 50ms}, cut_bytes);
    link.offer(frame_of(1), {.bytes = 1000}, 10ms);
    link.offer(frame_of(2), {.bytes = 1000}, 12ms);
    EXPECT_EQ(*link.next_arrival(), Time(60ms));
    EXPECT_EQ(number_of(link.take()), 1U);
    EXPECT_EQ(*link.next_arrival(), Time(62ms));
    EXPECT_EQ(number_of(link.take()), 2U);
    EXPECT_FALSE(link.next_arrival());
}

TEST(Link, SendsOnePacketAfterTheOtherAtItsRate) {
    Link link({.delay = 50ms, .rate = 8e6}, cut_bytes); // a byte each microsecond
    link.offer(frame_of(1), {.bytes = 1000}, 0ms);
    link.offer(frame_of(2), {.bytes = 500}, 0ms);
    EXPECT_EQ(*link.next_arrival(), Time(51ms));
    (void)link.take();
    EXPECT_EQ(*link.next_arrival(), Time(51500us));
}

TEST(Link, DropsWhatDoesNotFitInTheQueueAndTakesMoreOnceItHasDrained) {
    Link link({.rate = 8e6, .queue_bytes = 2500}, cut_bytes);
    for (unsigned i = 0; i < 10; ++i) {
        link.offer(frame_of(i), {.bytes = 1000}, 0ms);
    }
    EXPECT_EQ(link.counts().queue_full, 7U); // one on the wire, two whole and the one that crosses the limit
    link.offer(frame_of(10), {.bytes = 1000}, 2ms);
    EXPECT_EQ(link.counts().queue_full, 7U);
}

TEST(Link, KeepsTheOrderUnlessAskedNotTo) {
    Link link({.delay = 5ms, .loss = 0.2, .duplicate = 0.2}, cut_bytes);
    const auto arrived = carry(link, 5000, 10us);
    EXPECT_TRUE(std::is_sorted(arrived.begin(), arrived.end()));
}

TEST(Link, LosesDuplicatesAndReordersTheShareThatWasAskedFor) {
    Link link({.delay = 1ms, .loss = 0.05, .duplicate = 0.10, .reorder = 0.25}, cut_bytes);
    const auto arrived = carry(link, 20000, 10us);
    const auto& counts = link.counts();
    EXPECT_EQ(counts.offered, 20000U);
    EXPECT_NEAR(static_cast<double>(counts.lost), 20000 * 0.05, 150);
    EXPECT_NEAR(static_cast<double>(counts.duplicated), 19000 * 0.10, 200);
    EXPECT_NEAR(static_cast<double>(counts.reordered), 19000 * 0.25, 300);
    EXPECT_EQ(counts.delivered, arrived.size());
    EXPECT_EQ(counts.delivered, counts.offered - counts.lost + counts.duplicated);
    std::size_t overtaken = 0;
    for (std::size_t i = 1; i < arrived.size(); ++i) {
        overtaken += arrived[i] < arrived[i - 1] ? 1U : 0U;
    }
    EXPECT_GT(overtaken, 2000U);
}

TEST(Link, TheSeedDecidesWhatHappensToEachPacket) {
    const LinkSettings settings{.delay = 1ms, .loss = 0.05, .duplicate = 0.05, .reorder = 0.25, .seed = 7};
    Link first(settings, cut_bytes);
    Link again(settings, cut_bytes);
    LinkSettings other_settings = settings;
    other_settings.seed = 8;
    Link other(other_settings, cut_bytes);
    const auto arrived = carry(first, 1000, 10us);
    EXPECT_EQ(arrived, carry(again, 1000, 10us));
    EXPECT_NE(arrived, carry(other, 1000, 10us));
}

TEST(Link, OneSettingDoesNotChangeWhatAnotherHits) {
    Link losing({.loss = 0.05, .seed = 3}, cut_bytes);
    Link losing_and_doubling({.loss = 0.05, .duplicate = 0.5, .seed = 3}, cut_bytes);
    (void)carry(losing, 1000, 10us);
    (void)carry(losing_and_doubling, 1000, 10us);
    EXPECT_EQ(losing.counts().lost, losing_and_doubling.counts().lost);
}

TEST(Link, PacketsOfOneFrameStayTogetherWhereNothingHappensToThem) {
    Link link({.delay = 5ms, .rate = 8e6}, cut_bytes);
    link.offer(Frame(40), {.packets = 40, .bytes = 40'000}, 0ms);
    EXPECT_EQ(*link.next_arrival(), Time(45ms)); // when the last of them is there
    EXPECT_EQ(link.take().size(), 40U);
    EXPECT_FALSE(link.next_arrival());
    EXPECT_EQ(link.counts().delivered, 40U);
}

TEST(Link, EachPacketOfAFrameHasAFateOfItsOwn) {
    const LinkSettings settings{.delay = 1ms, .loss = 0.05, .duplicate = 0.05, .reorder = 0.25, .seed = 9};
    Link single(settings, cut_bytes);
    Link together(settings, cut_bytes);
    Frame all;
    for (unsigned i = 0; i < 100; ++i) {
        single.offer(Frame{static_cast<std::byte>(i)}, {.bytes = 1000}, 0ms);
        all.push_back(static_cast<std::byte>(i));
    }
    together.offer(all, {.packets = 100, .bytes = 100'000}, 0ms);
    const auto drain = [](Link& link) {
        Frame arrived;
        while (link.next_arrival()) {
            const Frame piece = link.take();
            arrived.insert(arrived.end(), piece.begin(), piece.end());
        }
        return arrived;
    };
    EXPECT_EQ(drain(single), drain(together));
    EXPECT_EQ(single.counts().delivered, together.counts().delivered);
    EXPECT_EQ(single.counts().lost, together.counts().lost);
}

TEST(Link, AFullQueueTakesTheBeginningOfAFrame) {
    Link link({.rate = 8e6, .queue_bytes = 2500}, cut_bytes);
    link.offer(Frame(10), {.packets = 10, .bytes = 10'000}, 0ms);
    EXPECT_EQ(link.take().size(), 3U);
    EXPECT_EQ(link.counts().queue_full, 7U);
}

} // namespace
} // namespace links
