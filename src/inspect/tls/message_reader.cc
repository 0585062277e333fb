// SPDX-License-Identifier: GPL-2.0-or-later
#include "message_reader.h"

#include <algorithm>

namespace nfsieve::tls {

bool MessageReader::kept() const {
    return type() == message_type::certificate ||
           type() == (sender_ == Side::client ? message_type::client_hello : message_type::server_hello);
}

MessageReader::Step MessageReader::take(Bytes bytes) {
    if (have_ < header_.size()) {
        const std::size_t count = std::min(header_.size() - have_, bytes.size());
        std::copy_n(bytes.begin(), count, header_.begin() + static_cast<std::ptrdiff_t>(have_));
        have_ += count;
        if (have_ < header_.size())
            return {count, State::partial};
        left_ = load_be32(header_.data()) & 0xffffffU;
        body_.clear();
        if (left_ + header_.size() > limit_ - total_)
            return {count, State::too_long};
        total_ += left_ + header_.size();
        return {count, State::begun};
    }
    const Bytes part = bytes.first(std::min(left_, bytes.size()));
    // Grows with what has come, not with what the header promises.
    if (kept())
        body_.insert(body_.end(), part.begin(), part.end());
    left_ -= part.size();
    if (left_ > 0)
        return {part.size(), State::partial};
    have_ = 0;
    return {part.size(), State::complete};
}

} // namespace nfsieve::tls
