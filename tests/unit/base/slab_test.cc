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

} // namespace
} // namespace nfsieve
