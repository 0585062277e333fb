// SPDX-License-Identifier: GPL-2.0-or-later
// Takes bytes that something else makes, piece by piece.
#pragma once

#include "nfsieve/base/bytes.h"

namespace nfsieve::http {

class ByteSink {
public:
    virtual ~ByteSink() = default;
    /// The bytes are borrowed for the call. False: no more, the maker gives up.
    virtual bool take(Bytes bytes) = 0;
};

} // namespace nfsieve::http
