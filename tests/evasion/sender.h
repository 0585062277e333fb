// SPDX-License-Identifier: GPL-2.0-or-later
// Turns the steps of a script into segments, with what the receiver's answers have told.
#pragma once

#include "script.h"

#include <vector>

namespace nfsieve::evasion {

/// Plays one life. The life outlives it.
class Sender {
public:
    Sender(const Life& life, bool is_client) : life_(life), is_client_(is_client), clock_(life.clock) {}

    /// The segment of a step that sends. The payload is borrowed from the life.
    [[nodiscard]] WireSegment segment(const Step& step);
    void hear(const WireSegment& reply);
    /// Time goes by.
    void rest(Duration duration) {
        clock_ += static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
    }

    /// The receiver has answered the handshake: the sender knows where it stands.
    [[nodiscard]] bool answered() const { return answered_; }
    /// The receiver has all, FIN included.
    [[nodiscard]] bool acknowledged_all() const { return acknowledged_ > life_.stream.size(); }
    /// And it has closed its side too.
    [[nodiscard]] bool finished() const { return acknowledged_all() && peer_finished_; }
    /// What has to be sent again.
    void repair(std::vector<Step>& steps) const;

private:
    const Life& life_;
    bool is_client_;
    bool answered_ = false;
    bool peer_known_ = false;
    bool peer_finished_ = false;
    std::uint32_t clock_;
    std::uint32_t peer_next_ = 0;
    std::uint32_t peer_clock_ = 0;
    std::size_t acknowledged_ = 0; ///< bytes of the stream, and FIN
};

} // namespace nfsieve::evasion
