"""Scripts that measure, and the judge that shares no line with what it judges. No part of the package."""
