// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/cpus.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <thread>

namespace nfsieve {
namespace {

/// As the kernel shows it of the calling thread.
std::string allowed_list() {
    std::ifstream status("/proc/thread-self/status");
    const std::string key = "Cpus_allowed_list:\t";
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(key))
            return line.substr(key.size());
    return "";
}

TEST(Cpus, AreWrittenAsRanges) {
    EXPECT_EQ((Cpus{{true, true, true, false, false, true}}.to_string()), "0-2, 5");
    EXPECT_EQ((Cpus{{false, true}}.to_string()), "1");
    EXPECT_EQ(Cpus{}.to_string(), "");
}

TEST(Cpus, AThreadIsBoundToTheOneThatItAsksFor) {
    const Cpus cpus = own_cpus();
    const auto last = std::find(cpus.usable.rbegin(), cpus.usable.rend(), true);
    ASSERT_NE(last, cpus.usable.rend());
    const auto cpu = static_cast<std::uint32_t>(cpus.usable.rend() - last - 1);
    const std::string before = allowed_list();
    std::thread([cpu] {
        ASSERT_TRUE(bind_to_cpu(cpu));
        EXPECT_EQ(allowed_list(), std::to_string(cpu));
        EXPECT_EQ(own_cpus().to_string(), std::to_string(cpu)) << "another may not be used from there";
    }).join();
    EXPECT_EQ(allowed_list(), before) << "it alone is bound";
}

TEST(Cpus, OneThatDoesNotExistIsAnErrorThatNamesIt) {
    const auto bound = bind_to_cpu(8000);
    ASSERT_FALSE(bound);
    EXPECT_EQ(bound.error().message, "cannot be bound to CPU 8000: Invalid argument");
}

} // namespace
} // namespace nfsieve
