// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/base/wording.h"

#include <gtest/gtest.h>

#include <array>

namespace nfsieve {
namespace {

constexpr std::array<std::string_view, 3> words{"queues", "rules", "on"};

TEST(Wording, AnUnknownWordIsAnsweredWithTheOneThatWasMeant) {
    EXPECT_EQ(unknown_word("key", "queus", words),
              "key \"queus\" is not known here; did you mean \"queues\"?");
}

TEST(Wording, OrWithAllThereAre) {
    EXPECT_EQ(unknown_word("key", "something", words),
              "key \"something\" is not known here; what may stand here: \"queues\", \"rules\" or \"on\"");
}

TEST(Wording, QuotedTextCannotMoveACursorOrFillAScreen) {
    EXPECT_EQ(in_quotes("a\x1b[2J"), "\"a?[2J\"");
    EXPECT_LT(in_quotes(std::string(100000, 'x')).size(), 100U);
    EXPECT_EQ(nearest(std::string(100000, 'x'), words), "");
}

} // namespace
} // namespace nfsieve
