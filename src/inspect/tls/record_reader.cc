// SPDX-License-Identifier: GPL-2.0-or-later
#include "record_reader.h"

#include <algorithm>

namespace nfsieve::tls {

RecordReader::Piece RecordReader::take(Bytes bytes) {
    if (have_ < raw_.size()) {
        const std::size_t count = std::min(raw_.size() - have_, bytes.size());
        std::copy_n(bytes.begin(), count, raw_.begin() + static_cast<std::ptrdiff_t>(have_));
        have_ += count;
        if (have_ < raw_.size())
            return {count, false, {}};
        header_ = {raw_[0], load_be16(&raw_[1]), load_be16(&raw_[3])};
        left_ = header_.length;
        if (left_ == 0)
            have_ = 0;
        return {count, true, {}};
    }
    const Bytes body = bytes.first(std::min(left_, bytes.size()));
    left_ -= body.size();
    if (left_ == 0)
        have_ = 0;
    return {body.size(), false, body};
}

} // namespace nfsieve::tls
