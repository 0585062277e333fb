// SPDX-License-Identifier: GPL-2.0-or-later
#include "queue_bind.h"

#include "nfsieve/io/queue_status.h"

#include <cerrno>
#include <gtest/gtest.h>

namespace nfsieve {
namespace {

const std::string status = "    0   4711     3 2 65531    12    34      567  1\n"
                           "    7  29506     0 2 65531    49     1     2447  1\n";

bool says(const std::string& message, std::string_view words) {
    return message.find(words) != std::string::npos;
}

TEST(QueueStatus, FindsTheLineOfAQueue) {
    const auto seven = parse_queue_status(status, 7);
    ASSERT_TRUE(seven);
    EXPECT_EQ(seven->port_id, 29506U);
    EXPECT_EQ(seven->dropped, 49U);
    EXPECT_EQ(seven->user_dropped, 1U);
    EXPECT_EQ(seven->sequence, 2447U);
    EXPECT_EQ(parse_queue_status(status, 0)->waiting, 3U);
    EXPECT_FALSE(parse_queue_status(status, 3));
    EXPECT_FALSE(parse_queue_status("", 0));
    EXPECT_FALSE(parse_queue_status("garbage\n7 8\n", 7));
}

TEST(BindFailure, ATakenQueueNamesItsOwner) {
    for (const int error : {EBUSY, EPERM}) { // the kernel says either
        const std::string message = bind_failure(7, error, status, true);
        EXPECT_TRUE(says(message, "queue 7: is taken")) << message;
        EXPECT_TRUE(says(message, "29506")) << message;
    }
}

TEST(BindFailure, ATakenQueueIsToldFromAMissingPermissionWithoutTheFile) {
    EXPECT_TRUE(says(bind_failure(7, EPERM, std::nullopt, true), "is taken"));
    EXPECT_TRUE(says(bind_failure(7, EPERM, std::nullopt, false), "CAP_NET_ADMIN"));
    EXPECT_TRUE(says(bind_failure(3, EPERM, status, false), "CAP_NET_ADMIN"));
}

TEST(BindFailure, AMissingModuleComesWithItsRemedy) {
    for (const int error : {EINVAL, EOPNOTSUPP})
        EXPECT_TRUE(says(bind_failure(7, error, std::nullopt, true), "modprobe nfnetlink_queue"));
}

TEST(BindFailure, OtherErrorsKeepTheirWords) {
    EXPECT_TRUE(says(bind_failure(7, EIO, std::nullopt, true), "Input/output error"));
}

} // namespace
} // namespace nfsieve
