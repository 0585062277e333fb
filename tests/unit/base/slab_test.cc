// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/slab.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

TEST(SlabPool, TheLastReferenceGivesTheSlabBack) {
    SlabPool pool(64);
    SlabRef first = pool.take();
    SlabRef kept = first;
    EXPECT_FALSE(first.unique());
    first = SlabRef();
    EXPECT_TRUE(kept.unique());
    SlabRef other = pool.take();
    EXPECT_EQ(pool.made(), 2U);
    kept = SlabRef();
    SlabRef again = pool.take();
    EXPECT_EQ(pool.made(), 2U);
    EXPECT_NE(again.data(), other.data());
}

TEST(SlabPool, AFloodLeavesOnlyItsSpareBehind) {
    constexpr std::size_t size = 65536, flood = 1000;
    SlabPool pool(size);
    std::vector<SlabRef> all;
    for (std::size_t i = 0; i < flood; ++i)
        all.push_back(pool.take());
    EXPECT_EQ(pool.made(), flood);
    // From the front, so that freed slabs stand in the middle of the pool's own list.
    for (SlabRef& slab : all)
        slab = SlabRef();
    EXPECT_EQ(pool.made() * size, SlabPool::most_spare_bytes);
    for (std::size_t i = 0; i < flood; ++i) {
        all[i] = pool.take();
        all[i].data()[0] = 1;
    }
    EXPECT_EQ(pool.made(), flood);
}

} // namespace
} // namespace nfsieve
