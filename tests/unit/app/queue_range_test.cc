// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/queue_range.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

TEST(QueueRange, ReadsOneQueue) {
    const auto range = parse_queue_range("2");
    ASSERT_TRUE(range);
    EXPECT_EQ(*range, (QueueRange{2, 1}));
    EXPECT_EQ(range->to_string(), "2");
}

TEST(QueueRange, ReadsBothEndsOfARange) {
    const auto range = parse_queue_range("4-7");
    ASSERT_TRUE(range);
    EXPECT_EQ(*range, (QueueRange{4, 4}));
    EXPECT_EQ(range->to_string(), "4-7");
}

TEST(QueueRange, ReadsTheLastQueueThereIs) {
    const auto range = parse_queue_range("65535");
    ASSERT_TRUE(range);
    EXPECT_EQ(*range, (QueueRange{65535, 1}));
}

TEST(QueueRange, RefusesWhatIsNoRange) {
    for (const char* text : {"", "-", "1-", "-1", "a", "1-2-3", " 1", "1 ", "0x1", "99999999999"})
        EXPECT_FALSE(parse_queue_range(text)) << text;
}

TEST(QueueRange, RefusesQueuesThatDoNotExist) {
    const auto range = parse_queue_range("65530-65536");
    ASSERT_FALSE(range);
    EXPECT_NE(range.error().message.find("65535"), std::string::npos);
}

TEST(QueueRange, TurnsABackwardRangeAround) {
    const auto range = parse_queue_range("3-0");
    ASSERT_FALSE(range);
    EXPECT_NE(range.error().message.find("\"0-3\""), std::string::npos);
}

TEST(QueueRange, RefusesMoreWorkersThanAnyMachineHas) {
    EXPECT_TRUE(parse_queue_range("0-255"));
    EXPECT_FALSE(parse_queue_range("0-256"));
}

} // namespace
} // namespace nfsieve
