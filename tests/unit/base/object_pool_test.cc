// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/object_pool.h"

#include <gtest/gtest.h>

#include <array>

namespace nfsieve {
namespace {

using Large = std::array<char, 65536>;

TEST(ObjectPool, WhatComesBackIsHandedOutAgain) {
    ObjectPool<int> pool;
    auto first = pool.take();
    const int* const address = first.get();
    pool.give_back(std::move(first));
    EXPECT_EQ(pool.take().get(), address);
    EXPECT_EQ(pool.spare(), 0U);
}

TEST(ObjectPool, AFloodLeavesNoMoreThanItsSpareBehind) {
    ObjectPool<Large> pool;
    std::vector<std::unique_ptr<Large>> flood;
    for (std::size_t i = 0; i < 2 * ObjectPool<Large>::most_spare; ++i)
        flood.push_back(pool.take());
    for (auto& object : flood)
        pool.give_back(std::move(object));
    EXPECT_EQ(pool.spare() * sizeof(Large), ObjectPool<Large>::most_spare_bytes);
}

} // namespace
} // namespace nfsieve
