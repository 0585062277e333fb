// SPDX-License-Identifier: GPL-2.0-or-later
#include "nfsieve/app/kernel_account.h"

#include <gtest/gtest.h>

namespace nfsieve {
namespace {

/// A kernel and workers made of numbers.
class Machine : public testing::Test {
protected:
    struct Queue {
        std::uint64_t waiting = 0, dropped = 0, user_dropped = 0;
    };

    KernelAccount account(QueueRange queues = {0, 1}) {
        return KernelAccount(queues, {[this] {
                                          CounterValues values;
                                          values.values[static_cast<std::size_t>(Counter::packets)] = seen_;
                                          return values;
                                      },
                                      [this]() -> std::optional<std::string> {
                                          if (on_look_)
                                              on_look_();
                                          return list_readable_ ? std::optional(queue_list()) : std::nullopt;
                                      },
                                      [this]() -> Result<std::vector<DivertTable>> {
                                          ++reads_;
                                          if (!refusal_.empty())
                                              return Error{refusal_};
                                          return tables_;
                                      }});
    }

    std::string queue_list() const {
        std::string text;
        for (std::size_t i = 0; i < queues_.size(); ++i)
            text += std::to_string(i) + " 4711 " + std::to_string(queues_[i].waiting) + " 2 65531 " +
                    std::to_string(queues_[i].dropped % (1ULL << 32)) + " " +
                    std::to_string(queues_[i].user_dropped) + " 0 1\n";
        return text;
    }

    /// `count` packets are diverted and seen.
    void pass(std::uint64_t count) {
        tables_.at(0).packets += count;
        seen_ += count;
    }

    std::uint64_t seen_ = 0;
    std::vector<Queue> queues_{1};
    std::vector<DivertTable> tables_{{"nfsieve", 1, true, 0}};
    std::string refusal_;
    bool list_readable_ = true;
    std::function<void()> on_look_;
    int reads_ = 0;
};

TEST_F(Machine, AllThatIsDivertedIsFoundAgain) {
    queues_.resize(2);
    KernelAccount account = this->account({0, 2});
    account.look();
    pass(100);
    queues_[0] = {0, 7, 2};
    queues_[1] = {3, 0, 0};
    tables_[0].packets += 7 + 2 + 3;
    const KernelView& view = account.look();
    EXPECT_TRUE(view.comparable);
    EXPECT_EQ(view.diverted, 112U);
    EXPECT_EQ(view.sum().queue_dropped, 7U);
    EXPECT_EQ(view.sum().user_dropped, 2U);
    EXPECT_EQ(view.sum().waiting, 3U);
    EXPECT_EQ(view.rest, 0);
    EXPECT_EQ(view.moving, 3U); // what waits may still be counted as seen before the next look
}

TEST_F(Machine, WhatPassesAroundTheDaemonIsTheRest) {
    KernelAccount account = this->account();
    account.look();
    pass(10);
    tables_[0].packets += 5;
    EXPECT_EQ(account.look().rest, 5);
    pass(10);
    EXPECT_EQ(account.look().rest, 5);
    EXPECT_EQ(account.look().moving, 0U);
}

TEST_F(Machine, WhatWasCountedBeforeTheStartIsNoRest) {
    tables_[0].packets = 1000;
    queues_[0].waiting = 4; // came between the binding of the queue and the first look
    KernelAccount account = this->account();
    account.look();
    queues_[0].waiting = 0;
    seen_ = 4;
    pass(6);
    const KernelView& view = account.look();
    EXPECT_EQ(view.before_start, 996U);
    EXPECT_EQ(view.diverted, 10U);
    EXPECT_EQ(view.rest, 0);
}

TEST_F(Machine, ATableThatComesLaterCountsFromItsFirstPacket) {
    tables_.clear();
    KernelAccount account = this->account();
    EXPECT_FALSE(account.look().comparable);
    tables_ = {{"nfsieve", 1, true, 0}};
    pass(9);
    const KernelView& view = account.look();
    EXPECT_TRUE(view.comparable);
    EXPECT_EQ(view.diverted, 9U);
    EXPECT_EQ(view.rest, 0);
    EXPECT_EQ(view.restarts, 0U);
}

TEST_F(Machine, ATableThatIsRestoredWithOldCountsIsNoRest) {
    tables_.clear();
    KernelAccount account = this->account();
    account.look();
    tables_ = {{"nfsieve", 1, true, 4711}};
    pass(2);
    const KernelView& view = account.look();
    EXPECT_EQ(view.rest, 0);
    EXPECT_EQ(view.restarts, 1U);
}

TEST_F(Machine, ACounterThatWasResetKeepsTheRestAndSaysSo) {
    KernelAccount account = this->account();
    account.look();
    pass(100);
    tables_[0].packets += 3;
    account.look();
    tables_[0].packets = 0;
    pass(10);
    const KernelView& view = account.look();
    EXPECT_EQ(view.restarts, 1U);
    EXPECT_EQ(view.rest, 3);
    tables_[0].packets += 2;
    EXPECT_EQ(account.look().rest, 5);
}

TEST_F(Machine, ATableMadeAgainIsToldByItsHandleHoweverFarItHasCounted) {
    KernelAccount account = this->account();
    account.look();
    pass(10);
    account.look();
    tables_[0] = {"nfsieve", 2, true, 0};
    pass(5000);
    const KernelView& view = account.look();
    EXPECT_EQ(view.restarts, 1U);
    EXPECT_EQ(view.rest, 0);
}

TEST_F(Machine, TwoTablesAddUp) {
    tables_.push_back({"nfsieve_host", 2, true, 0});
    KernelAccount account = this->account();
    account.look();
    pass(5);
    tables_[1].packets += 4;
    seen_ += 4;
    const KernelView& view = account.look();
    EXPECT_EQ(view.diverted, 9U);
    EXPECT_EQ(view.rest, 0);
}

TEST_F(Machine, ATableWithoutTheCounterMakesNoComparison) {
    tables_[0].has_counter = false;
    KernelAccount account = this->account();
    account.look();
    seen_ = 50;
    EXPECT_FALSE(account.look().comparable);
    tables_[0].has_counter = true; // a newer file was loaded
    pass(7);
    const KernelView& view = account.look();
    EXPECT_TRUE(view.comparable);
    EXPECT_EQ(view.rest, 0);
}

TEST_F(Machine, WhatCannotBeReadIsUnknownAndNotZero) {
    KernelAccount account = this->account();
    account.look();
    list_readable_ = false;
    EXPECT_TRUE(account.look().queues.empty());
    EXPECT_FALSE(account.look().comparable);
    list_readable_ = true;
    refusal_ = "no permission";
    EXPECT_EQ(account.look().divert_error, "no permission");
    EXPECT_FALSE(account.look().comparable);
    refusal_.clear();
    pass(3);
    EXPECT_TRUE(account.look().comparable);
    EXPECT_EQ(account.look().rest, 0);
    EXPECT_EQ(account.look().divert_error, "");
}

TEST_F(Machine, TheKernelsDropsGoOnBeyond32Bits) {
    KernelAccount account = this->account();
    account.look();
    for (const std::uint64_t dropped : {3'000'000'000ULL, 6'000'000'000ULL, 9'000'000'000ULL}) {
        tables_[0].packets += dropped - queues_[0].dropped;
        queues_[0].dropped = dropped;
        EXPECT_EQ(account.look().sum().queue_dropped, dropped);
        EXPECT_EQ(account.look().rest, 0);
    }
}

TEST_F(Machine, WhilePacketsMoveTheRestIsOffByNoMoreThanThose) {
    KernelAccount account = this->account();
    account.look();
    on_look_ = [this] { pass(3); };
    const KernelView& view = account.look();
    EXPECT_LE(view.rest, 0);
    EXPECT_GE(view.rest, -static_cast<std::int64_t>(view.moving));
    EXPECT_GE(view.moving, 3U);
}

TEST_F(Machine, ANewRestIsLookedAtTwice) {
    KernelAccount account = this->account();
    account.look();
    // Counted, and on its way into the queue when first looked at.
    tables_[0].packets += 1;
    const int before = reads_;
    on_look_ = [this, before] { seen_ = reads_ > before ? 1 : 0; };
    EXPECT_EQ(account.look().rest, 0);
}

TEST_F(Machine, ATableThatIsGoneOrEmptyIsLostUntilItDivertsAgain) {
    using Names = std::vector<std::string>;
    KernelAccount account = this->account();
    EXPECT_EQ(account.look().lost, Names());
    tables_.push_back({"nfsieve_host", 2, true, 0});
    EXPECT_EQ(account.look().diverting(), (Names{"nfsieve", "nfsieve_host"}));
    tables_[0].diverts = false;
    EXPECT_EQ(account.look().lost, Names{"nfsieve"});
    EXPECT_EQ(account.look().diverting(), Names{"nfsieve_host"});
    tables_[0].diverts = true;
    tables_.pop_back();
    EXPECT_EQ(account.look().lost, Names{"nfsieve_host"});
    tables_.push_back({"nfsieve_host", 3, true, 0});
    EXPECT_EQ(account.look().lost, Names());
}

} // namespace
} // namespace nfsieve
