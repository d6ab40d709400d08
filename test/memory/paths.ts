/** What is asked of the BI server of the memory runs. */
export const USUAL_PATH = '/olap/msmdpump.dll'
export const LONG_PATH = '/olap/long/msmdpump.dll'
export const WINDOWS_PATH = '/olap/windows/msmdpump.dll'
